package dev.weir.redis;

import java.net.URI;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.util.StringUtils;

/**
 * Connection details from {@code spring.data.redis.*}, read as Spring Boot reads these
 * properties. Spring Boot's own reader is present only in applications that have Spring
 * Data Redis, which Weir does not need.
 */
public final class ConfiguredRedis implements DataRedisConnectionDetails {

	private static final int DEFAULT_PORT = 6379;

	private final DataRedisProperties properties;

	private final @Nullable URI url;

	private final @Nullable SslBundle sslBundle;

	/**
	 * Creates the details from the properties.
	 * @param properties the properties
	 * @param sslBundles the SSL bundles that the properties may name, {@code null} for
	 * none
	 * @throws IllegalArgumentException if the URL cannot be read; the message does not
	 * contain the URL, because it may hold a password
	 */
	public ConfiguredRedis(DataRedisProperties properties, @Nullable SslBundles sslBundles) {
		this.properties = properties;
		this.url = StringUtils.hasText(properties.getUrl()) ? url(properties.getUrl()) : null;
		this.sslBundle = properties.getSsl().isEnabled() ? bundle(properties.getSsl().getBundle(), sslBundles) : null;
	}

	private static URI url(String text) {
		URI url;
		try {
			url = URI.create(text);
		}
		catch (IllegalArgumentException ex) {
			throw notAUrl();
		}
		if (url.getHost() == null || !("redis".equals(url.getScheme()) || "rediss".equals(url.getScheme()))) {
			throw notAUrl();
		}
		return url;
	}

	private static IllegalArgumentException notAUrl() {
		return new IllegalArgumentException("The property 'spring.data.redis.url' is not the URL of a Redis server. "
				+ "Use redis://user:password@host:port/database, or rediss:// for TLS, and encode special characters");
	}

	private static SslBundle bundle(@Nullable String name, @Nullable SslBundles bundles) {
		if (!StringUtils.hasLength(name)) {
			return SslBundle.systemDefault();
		}
		if (bundles == null) {
			throw new IllegalArgumentException("The property 'spring.data.redis.ssl.bundle' names the SSL bundle '"
					+ name + "', but the application has no SSL bundles. Define it under 'spring.ssl.bundle.*'");
		}
		return bundles.getBundle(name);
	}

	@Override
	public @Nullable String getUsername() {
		if (this.url == null) {
			return this.properties.getUsername();
		}
		String userInfo = this.url.getUserInfo();
		int colon = (userInfo != null) ? userInfo.indexOf(':') : -1;
		return (userInfo != null && colon >= 0) ? userInfo.substring(0, colon) : null;
	}

	@Override
	public @Nullable String getPassword() {
		if (this.url == null) {
			return this.properties.getPassword();
		}
		String userInfo = this.url.getUserInfo();
		return (userInfo != null) ? userInfo.substring(userInfo.indexOf(':') + 1) : null;
	}

	@Override
	public @Nullable SslBundle getSslBundle() {
		return this.sslBundle;
	}

	@Override
	public Standalone getStandalone() {
		if (this.url == null) {
			return Standalone.of(this.properties.getHost(), this.properties.getPort(), this.properties.getDatabase());
		}
		int port = (this.url.getPort() >= 0) ? this.url.getPort() : DEFAULT_PORT;
		return Standalone.of(this.url.getHost(), port, database(this.url.getPath()));
	}

	private static int database(@Nullable String path) {
		try {
			return (path != null && path.length() > 1) ? Integer.parseInt(path.substring(1)) : 0;
		}
		catch (NumberFormatException ex) {
			throw notAUrl();
		}
	}

	@Override
	public @Nullable Sentinel getSentinel() {
		DataRedisProperties.Sentinel sentinel = this.properties.getSentinel();
		return (sentinel != null) ? new ConfiguredSentinel(sentinel, getStandalone().getDatabase()) : null;
	}

	@Override
	public @Nullable Cluster getCluster() {
		DataRedisProperties.Cluster cluster = this.properties.getCluster();
		return (cluster != null) ? () -> nodes("cluster", cluster.getNodes()) : null;
	}

	@Override
	public @Nullable MasterReplica getMasterReplica() {
		DataRedisProperties.Masterreplica masterReplica = this.properties.getMasterreplica();
		return (masterReplica != null) ? () -> nodes("masterreplica", masterReplica.getNodes()) : null;
	}

	private static List<Node> nodes(String property, @Nullable List<String> nodes) {
		return (nodes != null) ? nodes.stream().map((node) -> node(property, node)).toList() : List.of();
	}

	private static Node node(String property, String text) {
		int colon = text.lastIndexOf(':');
		try {
			return new Node(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
		}
		catch (IndexOutOfBoundsException | NumberFormatException ex) {
			throw new IllegalArgumentException("The property 'spring.data.redis." + property + ".nodes' contains '"
					+ text + "', which is not of the form host:port");
		}
	}

	/**
	 * The connection details of Sentinel.
	 *
	 * @param properties the properties
	 * @param database the database of the master
	 */
	private record ConfiguredSentinel(DataRedisProperties.Sentinel properties, int database) implements Sentinel {

		@Override
		public int getDatabase() {
			return this.database;
		}

		@Override
		public String getMaster() {
			String master = this.properties.getMaster();
			if (!StringUtils.hasText(master)) {
				throw new IllegalArgumentException(
						"The property 'spring.data.redis.sentinel.master' is not set. Set it to the name of the master "
								+ "in the configuration of the Sentinels");
			}
			return master;
		}

		@Override
		public List<Node> getNodes() {
			return nodes("sentinel", this.properties.getNodes());
		}

		@Override
		public @Nullable String getUsername() {
			return this.properties.getUsername();
		}

		@Override
		public @Nullable String getPassword() {
			return this.properties.getPassword();
		}

	}

}
