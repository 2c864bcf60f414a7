# What bonsai and python-ldap say of a domain. Reads the questions as JSON, writes what each says.
import json
import sys

import bonsai
import ldap
from bonsai.active_directory import UserAccountControl
from bonsai.active_directory.sid import SID

asked = json.load(sys.stdin)
bonsai.set_connect_async(False)
seen = {'bonsai': [], 'reasons': []}
for login in asked['logins']:
    # First: whether a password that was refused before is wrong, or the account is locked, is not remembered.
    plain = ldap.initialize(asked['url'])
    try:
        plain.simple_bind_s(login['user'] + '@' + asked['domain'], login['password'])
        seen['reasons'].append('')
    except ldap.INVALID_CREDENTIALS as fault:
        seen['reasons'].append(fault.args[0].get('info', ''))
    client = bonsai.LDAPClient(asked['url'])
    client.set_credentials('SIMPLE', user=login['user'] + '@' + asked['domain'], password=login['password'])
    try:
        with client.connect(timeout=20) as connection:
            own = connection.search(asked['base'], 2, '(sAMAccountName=%s)' % login['user'], ['objectSid', 'memberOf'])
            seen['bonsai'].append([len(own), len(own[0]['objectSid'][0]), len(own[0]['memberOf'])])
    except bonsai.AuthenticationError:
        seen['bonsai'].append('out')

client = bonsai.LDAPClient(asked['url'])
client.set_credentials('SIMPLE', user=asked['service'], password=asked['secret'])
with client.connect(timeout=20) as connection:
    pages = connection.paged_search(asked['base'], 2, '(objectClass=user)', ['sAMAccountName'], page_size=4)
    seen['paged'] = len(list(pages))
    seen['context'] = connection.search('', 0, attrlist=['defaultNamingContext'])[0]['defaultNamingContext'][0]
    person = connection.search(asked['base'], 2, '(sAMAccountName=%s)' % asked['logins'][0]['user'])[0]
    flags = UserAccountControl(int(person['userAccountControl'][0])).properties
    seen['flags'] = sorted(name for name, is_set in flags.items() if is_set)
    seen['sid'] = str(SID(bytes_le=person['objectSid'][0]))
    # The base by identifier as well, and names with identifiers asked for without insisting.
    by_sid = connection.search('<SID=%s>' % seen['sid'], 0, attrlist=['cn'])
    seen['bySid'] = by_sid[0].dn == person.dn
client.set_extended_dn(1)
with client.connect(timeout=20) as connection:
    seen['extended'] = [str(one.dn) for one in connection.search(asked['base'], 2, '(cn=wayk-users)', ['cn'])]
json.dump(seen, sys.stdout)
