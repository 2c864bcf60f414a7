import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Scanner;
import java.util.stream.Collectors;
import org.springframework.ldap.core.support.DefaultTlsDirContextAuthenticationStrategy;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.ldap.DefaultSpringSecurityContextSource;
import org.springframework.security.ldap.authentication.BindAuthenticator;
import org.springframework.security.ldap.authentication.LdapAuthenticationProvider;
import org.springframework.security.ldap.search.FilterBasedLdapUserSearch;
import org.springframework.security.ldap.userdetails.DefaultLdapAuthoritiesPopulator;
import org.springframework.security.ldap.userdetails.LdapAuthoritiesPopulator;
import org.springframework.security.ldap.userdetails.NestedLdapAuthoritiesPopulator;

/**
 * Logs in as Spring Security does. Arguments: URL with the base, "StartTLS" or "plain", "pattern" or "search", "default" or "nested", the
 * manager's name and password. Each line of standard input is a user name and a password, both in base64; each is answered by one line:
 * "in" with the authorities, or "out" with the exception.
 */
public class SpringLogin {
  public static void main(String[] args) {
    var source = new DefaultSpringSecurityContextSource(args[0]);
    source.setUserDn(args[4]);
    source.setPassword(args[5]);
    source.setPooled(false);
    if (args[1].equals("StartTLS")) source.setAuthenticationStrategy(new DefaultTlsDirContextAuthenticationStrategy());
    source.afterPropertiesSet();
    var authenticator = new BindAuthenticator(source);
    if (args[2].equals("pattern")) authenticator.setUserDnPatterns(new String[] {"uid={0},ou=Users"});
    else authenticator.setUserSearch(new FilterBasedLdapUserSearch("ou=Users", "(uid={0})", source));
    authenticator.afterPropertiesSet();
    var provider = new LdapAuthenticationProvider(authenticator, populator(args[3], source));
    var input = new Scanner(System.in, StandardCharsets.UTF_8);
    while (input.hasNextLine()) {
      String[] words = input.nextLine().split(" ", -1);
      System.out.println(logIn(provider, decode(words[0]), decode(words[1])));
    }
  }

  static LdapAuthoritiesPopulator populator(String kind, DefaultSpringSecurityContextSource source) {
    var populator =
        kind.equals("nested")
            ? new NestedLdapAuthoritiesPopulator(source, "ou=Groups")
            : new DefaultLdapAuthoritiesPopulator(source, "ou=Groups");
    populator.setGroupSearchFilter("(member={0})");
    populator.setRolePrefix("");
    populator.setConvertToUpperCase(false);
    return populator;
  }

  static String logIn(LdapAuthenticationProvider provider, String name, String password) {
    try {
      var user = provider.authenticate(new UsernamePasswordAuthenticationToken(name, password));
      List<String> authorities = user.getAuthorities().stream().map(GrantedAuthority::getAuthority).sorted().toList();
      return "in " + authorities.stream().filter(one -> !one.startsWith("FACTOR_")).collect(Collectors.joining(","));
    } catch (Exception e) {
      return "out " + e.getClass().getSimpleName() + " " + e.getMessage();
    }
  }

  static String decode(String text) {
    return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
  }
}
