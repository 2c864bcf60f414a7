# What ldap3 makes of a domain: its helpers for Active Directory, its schema, readers and formatters. Reads the questions as JSON, writes what it saw.
import json
import sys

from ldap3 import ALL, MODIFY_DELETE, SIMPLE, Connection, ObjectDef, Reader, Server
from ldap3.core.exceptions import LDAPOperationResult

asked = json.load(sys.stdin)
base, login = asked['base'], asked['logins'][0]
server = Server(asked['url'], get_info=ALL)
principal = login['user'] + '@' + asked['domain']
seen = {}


def refusal(call):
    """The name of the result that an operation ends with."""
    try:
        call()
        return 'done'
    except LDAPOperationResult as fault:
        return fault.description


with Connection(server, principal, login['password'], authentication=SIMPLE) as connection:
    seen['bound'] = connection.bound
    info = server.info.other
    seen['info'] = {name: info[name] for name in ('defaultNamingContext', 'domainFunctionality')}
    schema = server.schema
    seen['types'] = [name in schema.attribute_types for name in ('sAMAccountName', 'objectSid', 'wellKnownObjects')]
    seen['classes'] = [name in schema.object_classes for name in ('user', 'group', 'domainDNS')]

    user = Reader(connection, ObjectDef('user', connection), base, 'sAMAccountName:=' + login['user']).search()[0]
    seen['user'] = {
        name: user[name].value for name in ('objectSid', 'objectGUID', 'userAccountControl', 'userPrincipalName')
    }
    seen['passwordSet'] = str(user.pwdLastSet.value)
    group = Reader(connection, ObjectDef('group', connection), base, 'cn:=wayk-users').search()[0]
    seen['group'] = [group.groupType.value, len(group.member.values), user.entry_dn in group.member.values, group.objectSid.value]

    pages = connection.extend.standard.paged_search(base, '(objectClass=user)', attributes=['cn'], paged_size=4)
    seen['paged'] = len(list(pages))

wrong = Connection(server, principal, 'wrong', authentication=SIMPLE)
seen['wrong'] = [wrong.bind(), wrong.result['result']]
# Without a look at the schema first: what cannot be written has no types there.
unchecked = {'raise_exceptions': True, 'check_names': False}
with Connection(server, asked['service'], asked['secret'], **unchecked) as connection:
    microsoft = connection.extend.microsoft
    name = user.entry_dn
    seen['refused'] = {
        'dir_sync': refusal(lambda: microsoft.dir_sync(base).loop()),
        'persistent_search': refusal(lambda: connection.search(base, '(cn=*)', controls=[('1.2.840.113556.1.4.528', True, None)])),
        'modify_password': refusal(lambda: microsoft.modify_password(name, 'new')),
        'unlock_account': refusal(lambda: microsoft.unlock_account(name)),
        'modify': refusal(lambda: connection.modify(group.entry_dn, {'member': [(MODIFY_DELETE, [name])]})),
    }
json.dump(seen, sys.stdout)
