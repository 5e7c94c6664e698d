package dev.weir.autoconfigure;

import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

import dev.weir.embeddedredis.FaultyNetwork;

/**
 * A proxy that adds TLS to a Redis without TLS, with a certificate that is created for
 * the test.
 */
final class TlsProxy {

	static final String PASSWORD = "changeit";

	private TlsProxy() {
	}

	/**
	 * Starts a proxy.
	 * @param target the port of the server on 127.0.0.1
	 * @param keyStore the key store with the certificate
	 * @return the proxy
	 */
	static FaultyNetwork start(int target, Path keyStore) throws Exception {
		KeyStore keys = KeyStore.getInstance("PKCS12");
		try (InputStream stream = Files.newInputStream(keyStore)) {
			keys.load(stream, PASSWORD.toCharArray());
		}
		KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		factory.init(keys, PASSWORD.toCharArray());
		SSLContext ssl = SSLContext.getInstance("TLS");
		ssl.init(factory.getKeyManagers(), null, null);
		return FaultyNetwork
			.start(ssl.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
	}

	/**
	 * Creates a key store with a certificate for 127.0.0.1, with the keytool of the JDK.
	 * @param directory the directory for the key store
	 * @return the key store, which is its own trust store
	 */
	static Path certificate(Path directory) throws Exception {
		Path keyStore = directory.resolve("redis.p12");
		Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-alias", "redis", "-keyalg", "EC", "-dname", "CN=redis", "-ext", "san=ip:127.0.0.1",
				"-storetype", "PKCS12", "-keystore", keyStore.toString(), "-storepass", PASSWORD)
			.redirectErrorStream(true)
			.start();
		String output = new String(keytool.getInputStream().readAllBytes());
		if (keytool.waitFor() != 0) {
			throw new IllegalStateException(output);
		}
		return keyStore;
	}

}
