// Apache Airflow. Its questions: flask_appbuilder/security/manager.py in dpgaspar/Flask-AppBuilder (_search_ldap, auth_user_ldap).
import { asService, asUser, below, inFilter, lines, type Recipe, type Values } from './recipe.js';

const place = 'webserver_config.py, with the FAB auth manager';

const settings = (v: Values, uid: string) =>
  lines(`
    import os
    from flask_appbuilder.security.manager import AUTH_LDAP
    AUTH_TYPE = AUTH_LDAP
    AUTH_LDAP_SERVER = "${v.url}"
    AUTH_LDAP_BIND_USER = "${v.serviceDN}"
    AUTH_LDAP_BIND_PASSWORD = os.environ["LDAP_PASSWORD"]
    AUTH_LDAP_SEARCH = "${v.usersDN}"
    AUTH_LDAP_SEARCH_FILTER = r"(memberOf=${inFilter(v.groupDN)})"
    AUTH_LDAP_UID_FIELD = "${uid}"
    AUTH_LDAP_FIRSTNAME_FIELD = "givenName"
    AUTH_LDAP_LASTNAME_FIELD = "sn"
    AUTH_LDAP_EMAIL_FIELD = "mail"
    AUTH_LDAP_GROUP_FIELD = "memberOf"
    AUTH_USER_REGISTRATION = True
    AUTH_ROLES_MAPPING = { r"${v.groupDN}": ["Viewer"] }
    AUTH_ROLES_SYNC_AT_LOGIN = True
  `);

const steps = (v: Values, user: string, uid: string) => [
  asService,
  below(v.usersDN, `(&(memberOf=${inFilter(v.groupDN)})(${uid}=${user}))`, ['givenName', 'sn', 'mail', 'memberOf']),
  asUser,
];

const notes = ['Apache Superset takes the same lines in superset_config.py; its roles are others (Gamma).'];

export const airflow: Recipe = {
  id: 'airflow',
  title: 'Apache Airflow',
  place,
  settings: (v) => settings(v, 'uid'),
  steps: (v, user) => steps(v, user, 'uid'),
  notes,
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'sAMAccountName'),
    steps: (v, user) => steps(v, user, 'sAMAccountName'),
    notes,
  },
};
