import java.util.Scanner;
import java.util.stream.Collectors;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.ldap.authentication.ad.ActiveDirectoryLdapAuthenticationProvider;

/**
 * Logs in as Spring Security does at Active Directory. Arguments: URL, domain, base. Each line of standard input is a user name and a password;
 * each is answered by one line: "in" with the authorities, or "out" with the exception.
 */
public class SpringDomain {
  public static void main(String[] args) {
    var provider = new ActiveDirectoryLdapAuthenticationProvider(args[1], args[0], args[2]);
    provider.setConvertSubErrorCodesToExceptions(true);
    var input = new Scanner(System.in);
    while (input.hasNextLine()) {
      String[] words = input.nextLine().split(" ");
      System.out.println(logIn(provider, words[0], words[1]));
    }
  }

  static String logIn(ActiveDirectoryLdapAuthenticationProvider provider, String name, String password) {
    try {
      var user = provider.authenticate(new UsernamePasswordAuthenticationToken(name, password));
      var authorities = user.getAuthorities().stream().map(GrantedAuthority::getAuthority).sorted();
      return "in " + authorities.filter(one -> !one.startsWith("FACTOR_")).collect(Collectors.joining(","));
    } catch (Exception e) {
      return "out " + e.getClass().getSimpleName();
    }
  }
}
