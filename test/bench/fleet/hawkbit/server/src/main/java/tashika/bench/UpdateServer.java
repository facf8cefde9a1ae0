package tashika.bench;

import org.eclipse.hawkbit.autoconfigure.security.EnableHawkbitManagedSecurityConfiguration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;

/** Starts hawkBit as its modules configure themselves. */
@EnableAutoConfiguration
@EnableHawkbitManagedSecurityConfiguration
public class UpdateServer {
  public static void main(String[] arguments) {
    SpringApplication.run(UpdateServer.class, arguments);
  }
}
