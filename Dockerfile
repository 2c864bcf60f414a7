# Build: compile with the development dependencies.
FROM node:22-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY bundle ./bundle
# With the flag of the run: V8 takes compiled code of the same flags alone.
RUN NODE_OPTIONS=--max-semi-space-size=2 npm run build && npm prune --omit=dev

# Run: the compiled program and its runtime dependencies, as an unprivileged user. Only /dev/shm is written to: `--read-only` works.
FROM node:22-slim
ENV NODE_ENV=production
WORKDIR /opt/jumpgate
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
RUN chmod -R a-w . && ln -s /opt/jumpgate/dist/main.js /usr/local/bin/jumpgate && chmod a+x dist/main.js
USER node
# It listens on loopback, in clear text, as everywhere: for applications in the same network namespace. README.md says how to open it.
HEALTHCHECK --interval=15s --timeout=4s --start-period=10s CMD ["node", "/opt/jumpgate/dist/main.js", "healthcheck"]
# A small young generation: 10 MB less at rest and 40 less under load, for about the same CPU.
ENTRYPOINT ["node", "--max-semi-space-size=2", "/opt/jumpgate/dist/main.js"]
CMD ["serve"]
