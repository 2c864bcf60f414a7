import org.apache.directory.api.ldap.model.message.SearchScope;
import org.apache.directory.ldap.client.api.DefaultSchemaLoader;
import org.apache.directory.ldap.client.api.LdapConnectionConfig;
import org.apache.directory.ldap.client.api.LdapNetworkConnection;
import org.apache.directory.api.ldap.schema.manager.impl.DefaultSchemaManager;

/**
 * Binds and loads the published schema with every rule of the Apache Directory API switched on. Arguments: host, port, name, password, base,
 * filter. Prints "error " and what it complains of, line by line, then "loaded " with the number of attribute types and "found " with that of
 * entries.
 */
public class SchemaLoad {
  public static void main(String[] args) throws Exception {
    var config = new LdapConnectionConfig();
    config.setLdapHost(args[0]);
    config.setLdapPort(Integer.parseInt(args[1]));
    try (var connection = new LdapNetworkConnection(config)) {
      connection.bind(args[2], args[3]);
      var manager = new DefaultSchemaManager(new DefaultSchemaLoader(connection, false));
      boolean isLoaded = manager.loadAllEnabled();
      for (Throwable error : manager.getErrors()) System.out.println("error " + error);
      System.out.println("loaded " + isLoaded + " " + manager.getAttributeTypeRegistry().size());
      connection.setSchemaManager(manager);
      int found = 0;
      try (var cursor = connection.search(args[4], args[5], SearchScope.SUBTREE, "*", "+")) {
        for (var entry : cursor) {
          found++;
          for (var attribute : entry)
            if (attribute.getAttributeType() == null) System.out.println("error no type: " + attribute.getUpId());
        }
      }
      System.out.println("found " + found);
    }
  }
}
