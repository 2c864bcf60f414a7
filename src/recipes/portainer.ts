// Portainer. Its questions: api/ldap in portainer/portainer.
import {
  asService,
  asUser,
  below,
  inBothLayouts,
  inFilter,
  isSecure,
  lines,
  type Recipe,
  type Values,
} from './recipe.js';

const place = 'Settings › Authentication › LDAP › Custom';

const settings = (v: Values, attribute: string, group: string) =>
  lines(`
    LDAP Server                ${v.host}:${v.port}
    Anonymous mode             off
    Reader DN                  ${v.serviceDN}
    Password                   (that account's)
    Use TLS                    ${isSecure(v) ? 'on' : 'off'}

    User search configurations
      Base DN                  ${v.usersDN}
      Username attribute       ${attribute}
      Filter                   (memberOf=${inFilter(v.groupDN)})

    Group search configurations
      Group Base DN            ${v.groupsDN}
      Group Membership Attribute  member
      Group Filter             (objectClass=${group})
  `);

const steps = (v: Values, user: string, attribute: string, group: string) => {
  const person = below(v.usersDN, `(&(memberOf=${inFilter(v.groupDN)})(${attribute}=${user}))`, ['dn']);
  return [
    asService,
    person,
    asUser,
    asService,
    person,
    below(v.groupsDN, `(&(objectClass=${group})(member=${inFilter(v.personDN(user))}))`, ['cn'], 'groups'),
  ];
};

const notes = ['Teams of the same name as a group get its members.'];

export const portainer: Recipe = {
  id: 'portainer',
  title: 'Portainer',
  ...inBothLayouts({ place, settings, steps, notes }),
};
