# Log-ins by LDAP clients of PyPI. Reads the questions as JSON, writes for each client and way what became of each log-in: 'in', 'out', or the fault.
import json
import sys

import bonsai
import ldap

asked = json.load(sys.stdin)
GROUP = 'wayk-users'


def bonsai_client(way):
    def log_in(login):
        client = bonsai.LDAPClient(asked['urls'][way], way == 'starttls')
        client.set_ca_cert(asked['ca'])
        client.set_cert_policy('demand')
        client.set_credentials('SIMPLE', user=login['dn'], password=login['password'])
        try:
            with client.connect(timeout=20) as connection:
                own = connection.search(login['dn'], bonsai.LDAPSearchScope.BASE, attrlist=['uid'])
                return 'in' if own[0]['uid'] == [login['uid']] else 'without its entry'
        except (bonsai.AuthenticationError, bonsai.UnwillingToPerform):
            return 'out'
    return log_in


def django_client(way):
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django_auth_ldap.backend import LDAPBackend, ldap_error
    settings.AUTH_LDAP_SERVER_URI = asked['urls'][way]
    settings.AUTH_LDAP_START_TLS = way == 'starttls'

    def log_in(login):
        faults = []
        note = lambda sender, exception=None, **_: faults.append(repr(exception))
        ldap_error.connect(note)
        user = LDAPBackend().authenticate(None, username=login['uid'], password=login['password'])
        ldap_error.disconnect(note)
        if faults:
            return faults[0]
        if user is None:
            return 'out'
        assert get_user_model().objects.filter(username=login['uid']).exists()
        return 'in' if GROUP in user.ldap_user.group_names else 'without its group'
    return log_in


def set_up_django():
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django_auth_ldap.config import GroupOfNamesType, LDAPSearch
    settings.configure(
        INSTALLED_APPS=['django.contrib.contenttypes', 'django.contrib.auth'],
        DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}},
        AUTH_LDAP_BIND_DN=asked['service'],
        AUTH_LDAP_BIND_PASSWORD=asked['secret'],
        AUTH_LDAP_USER_SEARCH=LDAPSearch(asked['users'], ldap.SCOPE_SUBTREE, '(uid=%(user)s)'),
        AUTH_LDAP_GROUP_SEARCH=LDAPSearch(asked['base'], ldap.SCOPE_SUBTREE, '(objectClass=groupOfNames)'),
        AUTH_LDAP_GROUP_TYPE=GroupOfNamesType(),
        AUTH_LDAP_REQUIRE_GROUP=asked['group'],
        AUTH_LDAP_USER_ATTR_MAP={'first_name': 'givenName', 'last_name': 'sn', 'email': 'mail'},
    )
    django.setup()
    call_command('migrate', verbosity=0)


def flask_client(way):
    import flask
    from flask_simpleldap import LDAP
    scheme, host, port = asked['urls'][way].split(':')
    app = flask.Flask('conformance')
    app.config.update(
        LDAP_SCHEMA=scheme, LDAP_HOST=host.removeprefix('//'), LDAP_PORT=int(port), LDAP_USE_TLS=way == 'starttls',
        LDAP_BASE_DN=asked['users'], LDAP_USERNAME=asked['service'], LDAP_PASSWORD=asked['secret'], LDAP_OPENLDAP=True,
        LDAP_USER_OBJECT_FILTER='(&(objectClass=inetOrgPerson)(uid=%s))', LDAP_REALM_NAME='conformance',
    )
    directory = LDAP(app)

    def log_in(login):
        with app.app_context():
            return 'in' if directory.bind_user(login['uid'], login['password']) else 'out'
    return log_in


def result(log_in, login):
    try:
        return log_in(login)
    except Exception as fault:
        return repr(fault)


ldap.set_option(ldap.OPT_X_TLS_CACERTFILE, asked['ca'])
ldap.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
set_up_django()
seen = {}
for name, client in (('bonsai', bonsai_client), ('django-auth-ldap', django_client), ('flask-simpleldap', flask_client)):
    seen[name] = {}
    for way in asked['urls']:
        log_in = client(way)
        seen[name][way] = [result(log_in, login) for login in asked['logins']]
json.dump(seen, sys.stdout)
