# The settings of ldap3's own tests: its source distribution has the tests but not this module. People are added and removed at the directory behind
# the server that is tested, as somebody at its console would; everything else goes through the server.
import os
import random
import time

from ldap3 import (ALL, ANONYMOUS, BASE, IP_V4_ONLY, MODIFY_ADD, MODIFY_DELETE, NTLM, ROUND_ROBIN, SASL, SIMPLE, Connection, Server,
                   set_config_parameter)

set_config_parameter('RESPONSE_WAITING_TIMEOUT', 10)
_group = os.environ['GROUP']
_root = (os.environ['ROOT_DN'], os.environ['ROOT_PASSWORD'])
_directory = Server('127.0.0.1', port=int(os.environ['DIRECTORY_PORT']), mode=IP_V4_ONLY)

test_strategy = os.environ['STRATEGY']
test_server_type = 'SLAPD'
test_server = '127.0.0.1'
test_server_mode = IP_V4_ONLY
test_port = int(os.environ['SERVER_PORT'])
test_port_ssl = int(os.environ['SERVER_TLS_PORT'])
test_base = os.environ['USERS']
test_moved = test_base
test_name_attr = 'uid'
test_int_attr = 'gidNumber'
test_multivalued_attribute = 'givenname'
test_singlevalued_attribute = 'employeeNumber'
test_user = test_secondary_user = os.environ['READER_DN']
test_password = test_secondary_password = os.environ['READER_PASSWORD']
test_user_password = 'password-of-a-test'
test_authentication = SIMPLE
test_check_names = test_auto_escape = test_auto_encode = True
test_lazy_connection = False
test_get_info = ALL
test_validator = {}
test_pooling_strategy, test_pooling_active, test_pooling_exhaust = ROUND_ROBIN, 20, 15
test_root_partition = test_server_context = test_server_edir_name = ''
test_ca_cert_file = os.environ['CA_FILE']
test_user_cert_file = test_user_key_file = ''
test_valid_names = ['localhost', '127.0.0.1']
test_sasl_user = test_sasl_user_dn = test_sasl_secondary_user = test_sasl_secondary_user_dn = test_user
test_sasl_password = test_sasl_secondary_password = test_password
test_sasl_realm = None
test_ntlm_user, test_ntlm_password = 'none\\none', 'none'


def random_id():
    return '%05d' % random.SystemRandom().randrange(100000)


def generate_dn(base, batch_id, name):
    return '%s=%s%s,%s' % (test_name_attr, batch_id, name, base)


def _given(value, default):
    return default if value is None else value


def get_connection(bind=None, use_ssl=None, check_names=None, lazy_connection=None, authentication=None, sasl_mechanism=None,
                   sasl_credentials=None, ntlm_credentials=(None, None), get_info=None, usage=None, internal_decoder=None,
                   simple_credentials=(None, None), receive_timeout=None, auto_escape=None, auto_encode=None):
    authentication = _given(authentication, test_authentication)
    server = Server(test_server, port=test_port_ssl if use_ssl else test_port, use_ssl=bool(use_ssl), mode=test_server_mode,
                    get_info=_given(get_info, test_get_info), allowed_referral_hosts=('*', True))
    who = {
        SASL: dict(sasl_mechanism=sasl_mechanism, sasl_credentials=sasl_credentials),
        NTLM: dict(user=ntlm_credentials[0], password=ntlm_credentials[1]),
        ANONYMOUS: {},
    }.get(authentication, dict(user=simple_credentials[0] or test_user, password=simple_credentials[1] or test_password))
    return Connection(server, auto_bind=_given(bind, True), version=3, client_strategy=test_strategy, authentication=authentication,
                      lazy=_given(lazy_connection, test_lazy_connection), pool_name='pool1', pool_size=5,
                      check_names=_given(check_names, test_check_names), collect_usage=_given(usage, True),
                      fast_decoder=_given(internal_decoder, True), receive_timeout=receive_timeout,
                      auto_escape=_given(auto_escape, test_auto_escape), auto_encode=_given(auto_encode, test_auto_encode), **who)


def get_response_values(result, connection):
    """The status, result, response and request of an operation, by whatever strategy."""
    if connection.strategy.sync:
        return result, connection.result, connection.response, connection.request
    response, result, request = connection.get_response(result, get_request=True)
    return result['description'] not in ('invalidCredentials', 'operationsError'), result, response, request


def get_add_user_attributes(batch_id, username, password=None, attributes=None):
    return dict(attributes or {}, objectClass=['inetOrgPerson', 'posixAccount', 'jumpcloudUser'], sn=username, cn=batch_id + username,
                uidNumber=1000, gidNumber=0, homeDirectory='/', userPassword=password or test_user_password)


def _at_directory(operation):
    """Does it as the directory's owner; its result."""
    with Connection(_directory, *_root, auto_bind=True, check_names=False) as connection:
        operation(connection)
        return connection.result


def _until_shown(dn, password=None):
    """A member's log-in makes it known at once, a group is known with the next read; then it is found."""
    server = Server(test_server, port=test_port, mode=test_server_mode)
    late = time.monotonic() + 8
    while time.monotonic() < late:
        if password:
            Connection(server, dn, password).bind()
        with Connection(server, test_user, test_password, auto_bind=True) as reader:
            if reader.search(dn, '(objectClass=*)', BASE):
                return
        time.sleep(0.02)
    raise Exception(dn + ' is not shown')


def add_user(connection, batch_id, username, password=None, attributes=None, test_bytes=False):
    password = password or test_user_password
    dn = generate_dn(test_base, batch_id, username)
    entry = dict(get_add_user_attributes(batch_id, username, password, attributes), memberOf=_group)
    result = _at_directory(lambda owner: owner.add(dn, None, entry))
    if result['description'] != 'success':
        raise Exception('unable to create user %s: %s' % (dn, result))
    _at_directory(lambda owner: owner.modify(_group, {'member': [(MODIFY_ADD, [dn])]}))
    _until_shown(dn, password)
    return dn, result


def add_group(connection, batch_id, groupname, members=None, test_bytes=False):
    dn = 'cn=%s%s,%s' % (batch_id, groupname, test_base)
    entry = dict(objectClass='groupOfNames', member=[member[0] for member in members or ()] or test_user)
    result = _at_directory(lambda owner: owner.add(dn, None, entry))
    if result['description'] != 'success':
        raise Exception('unable to create group %s: %s' % (dn, result))
    _until_shown(dn)
    return dn, result


def drop_connection(connection, dn_to_delete=None):
    for dn, *_ in dn_to_delete or ():
        _at_directory(lambda owner: owner.delete(dn))
        _at_directory(lambda owner: owner.modify(_group, {'member': [(MODIFY_DELETE, [dn])]}))
    connection.unbind()
    if connection.strategy.pooled:
        connection.strategy.terminate()
