// A whole document of the ops port: nothing is loaded but itself, and nothing in it runs but the page's own script.
import { createHash } from 'node:crypto';
import type { Answer } from '../http/route.js';
import { Html, html } from './html.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';

const digest = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const POLICY = [
  "default-src 'none'",
  `style-src ${digest(STYLE)}`,
  `script-src ${digest(SCRIPT)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Around the body's contents. */
export function documentOf(title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M3 14V7a5 5 0 0 1 10 0v7' fill='none' stroke='%232f8f72' stroke-width='3'/%3E%3C/svg%3E">
<style>${new Html(STYLE)}</style></head><body>
${body}<script>${new Html(SCRIPT)}</script></body></html>
`;
}

/** An HTML answer under a content security policy that loads nothing from elsewhere. */
export function htmlAnswer({ text }: Html): Answer {
  return {
    status: 200,
    type: 'text/html; charset=utf-8',
    body: text,
    headers: { 'content-security-policy': POLICY },
  };
}
