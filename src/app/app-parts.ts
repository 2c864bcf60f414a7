// The apps of a configuration as the composition needs them: names, face, rules, and what each sees of the mirror.
import type { AppConfig, Config } from '../config/config.js';
import { isPlain } from '../config/plain-app.js';
import type { AppShape, LargeValues } from '../directory/apps/app-snapshot.js';
import type { GateNames } from '../directory/gates.js';
import { activeDirectoryFace } from '../layout/activedirectory/face.js';
import { readAttributeRules } from '../layout/attribute-rules.js';
import { type Face, JUMPCLOUD_FACE } from '../layout/face.js';
import { knownFace } from '../layout/faces.js';
import { Layout } from '../layout/layout.js';
import { POSIX_FACE } from '../layout/posix-face.js';
import { formatDN, formatRDN } from '../ldap/dn.js';
import { AppView } from './app-view.js';

/** One app, before it is connected to anything. */
export interface AppParts {
  readonly config: AppConfig;
  readonly layout: Layout;
  readonly face: Face;
  readonly gates: GateNames;
  readonly localUserDN: (uid: string) => string;
  /** Undefined for the only app where the mirror's snapshot is its own. */
  readonly view: AppView | undefined;
}

/** Throws an Error for attribute rules that cannot be understood. */
export function makeAppParts(config: Config, room: LargeValues): AppParts[] {
  const isAlone = isPlain(config.apps);
  return config.apps.map((app): AppParts => {
    const layout = layoutOf(app, config);
    const face = faceOf(app, layout, config);
    const gates = gateNames(app);
    const usersDN = formatDN(layout.localUsersDN);
    return {
      config: app,
      layout,
      face,
      gates,
      localUserDN: (uid) => `${formatRDN([{ type: face.namedBy.user, value: uid }])},${usersDN}`,
      view: isAlone ? undefined : new AppView(gates, shapeOf(app, layout, face), room),
    };
  });
}

/** What an app sees of a mirror in the upstream's own names, even if it is the only app. Throws as makeAppParts does. */
export function viewOf(app: AppConfig, config: Config, room: LargeValues): AppView {
  const layout = layoutOf(app, config);
  return new AppView(gateNames(app), shapeOf(app, layout, faceOf(app, layout, config)), room);
}

/** Whose members the app lets in, as a snapshot is asked for them. */
export function gateNames({ everyone, groups }: Pick<AppConfig, 'everyone' | 'groups'>): GateNames {
  return everyone ? 'everyone' : groups;
}

/** The local names of an app. */
export function layoutOf({ local, hiddenAttributes }: AppConfig, { upstream }: Config): Layout {
  return new Layout({
    orgBaseDN: upstream.baseDN,
    ...(local.baseDN === undefined ? {} : { localBaseDN: local.baseDN }),
    usersRDN: local.users,
    groupsRDN: local.groups,
    hiddenAttributes,
    groupClasses: local.groupClasses,
  });
}

function faceOf({ local }: AppConfig, layout: Layout, { upstream }: Config): Face {
  switch (local.face) {
    case 'jumpcloud':
      return JUMPCLOUD_FACE;
    case 'posix':
      return POSIX_FACE;
    case 'activedirectory':
      return activeDirectoryFace({
        orgId: upstream.orgId,
        baseDN: layout.localBaseDN,
        usersDN: layout.localUsersDN,
        groupsDN: layout.localGroupsDN,
      });
  }
}

function shapeOf({ name, attributes }: AppConfig, layout: Layout, face: Face): Omit<AppShape, 'members'> {
  const rules = readAttributeRules(attributes, knownFace(face.name));
  if ('faults' in rules) {
    const faults = rules.faults.map(({ key, value, message, remedy }) => `${key}: ${value} ${message}. ${remedy}`);
    throw new Error(`the attribute rules of the app ${name}: ${faults.join('; ')}`);
  }
  return { layout, face, derived: rules.derived, dropped: rules.dropped, schema: rules.schema };
}

/** What the apps see of the mirror, where it is something else than the mirror's own. */
export function viewsOf(apps: readonly AppParts[]): AppView[] {
  return apps.flatMap(({ view }) => (view === undefined ? [] : [view]));
}
