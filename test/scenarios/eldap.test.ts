// Erlang's own LDAP client, which ejabberd, RabbitMQ and VerneMQ log people in with. It sends StartTLS with message ID 0.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { USERS } from '../support/proxy.js';
import { dnOf, LOGINS, MEMBER_COUNT, program, SERVICE, startSite, without } from '../support/site.js';

/** Reads lines of tab-separated words, does what they say over one connection each, and prints a line for each. */
const SCRIPT = `
main(["--", Host, Port, TlsPort, Ca, Users]) ->
  io:setopts([{encoding, latin1}]), % bytes as they are
  {ok, _} = application:ensure_all_started(ssl),
  Tls = [{verify, verify_peer}, {cacertfile, Ca}, {server_name_indication, "localhost"}],
  ask({Host, list_to_integer(Port), list_to_integer(TlsPort), Tls, Users}).

ask(Site) ->
  case io:get_line("") of
    eof -> ok;
    Line ->
      [Way, Name, Password] = string:split(string:trim(Line, trailing, "\\n"), "\\t", all),
      io:format("~s~n", [once(Way, Name, Password, Site)]),
      ask(Site)
  end.

once(Way, Name, Password, {Host, Port, TlsPort, Tls, Users}) ->
  {ok, C} = case Way of
    "ldaps" -> eldap:open([Host], [{port, TlsPort}, {ssl, true}, {sslopts, Tls}, {timeout, 10000}]);
    _ -> eldap:open([Host], [{port, Port}, {timeout, 10000}])
  end,
  ok = case Way of "StartTLS" -> eldap:start_tls(C, Tls, 10000); _ -> ok end,
  Said = case eldap:simple_bind(C, Name, Password) of
    ok -> io_lib:format("ok ~p", [found(C, Users)]);
    {error, Why} -> io_lib:format("~p", [Why])
  end,
  eldap:close(C),
  Said.

found(C, Users) ->
  {ok, Result} = eldap:search(C, [{base, Users}, {filter, eldap:present("uid")}, {attributes, ["uid"]}]),
  length(element(2, Result)).
`;

const WAYS = ['plain', 'StartTLS', 'ldaps'] as const;

t.test(
  'eldap: binds and searches, plain, by StartTLS with message ID 0, and over ldaps (R51)',
  { skip: without('/usr/bin/erl', '/usr/bin/escript') },
  async (t) => {
    const site = await startSite(t);
    const script = join(site.folder, 'ask.escript');
    // The first line of such a script is never read as code.
    writeFileSync(script, `#!/usr/bin/env escript\n%% -*- coding: utf-8 -*-\n${SCRIPT}`);
    const asked = WAYS.flatMap((way) => [
      ...LOGINS.map((login) => ({ way, dn: dnOf(login.uid), seen: login.isRight ? 1 : undefined, ...login })),
      { way, what: 'the reader', dn: SERVICE.dn, password: SERVICE.password, seen: MEMBER_COUNT },
    ]);
    const input = asked.map(({ way, dn, password }) => `${way}\t${dn}\t${password}\n`).join('');
    const args = [script, '--', site.host, String(site.port), String(site.tlsPort), site.caFile, USERS];
    const { code, out, err } = await program('/usr/bin/escript', args, { input, env: { HOME: site.folder } });
    t.equal(code, 0, out + err);
    const said = out.trim().split('\n');
    for (const [i, { way, what, seen, password }] of asked.entries()) {
      // An empty password is refused by eldap itself, as anonymous authentication.
      const expected =
        seen === undefined
          ? password === ''
            ? /^(anonymous_auth|unwillingToPerform)$/
            : /^invalidCredentials$/
          : new RegExp(`^ok ${seen}$`);
      t.match(said[i], expected, `${way}: ${what}`);
    }
  },
);
