package dev.weir.application;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Computes the class paths that Maven gives to applications with some of this module's
 * dependencies, and the class path of Weir's starter. The paths come from files that the
 * build writes, so all artifacts are available without a network.
 */
public final class ClassPaths {

	private final Map<String, List<String>> dependencies = new HashMap<>();

	private final Map<String, Path> files = new HashMap<>();

	private final List<Path> weir;

	private ClassPaths(List<Path> weir) {
		this.weir = List.copyOf(weir);
	}

	/**
	 * Reads the class paths.
	 * @param root the root folder of this repository
	 * @return the class paths
	 * @throws IOException if this module has not been built
	 */
	public static ClassPaths read(Path root) throws IOException {
		Path target = root.resolve("application-tests/target");
		ClassPaths paths = new ClassPaths(files(root.resolve("starter/target/runtime.classpath")));
		files(target.resolve("test.classpath")).forEach((file) -> paths.files.put(artifact(file), file));
		paths.add(JsonMapper.shared().readTree(target.resolve("dependencies.json").toFile()));
		return paths;
	}

	private static List<Path> files(Path classPath) throws IOException {
		String text = Files.readString(classPath);
		return Arrays.stream(text.trim().split(File.pathSeparator)).map(Path::of).toList();
	}

	private void add(JsonNode node) {
		List<String> children = this.dependencies.computeIfAbsent(name(node), (added) -> new ArrayList<>());
		for (JsonNode child : node.path("children")) {
			children.add(name(child));
			add(child);
		}
	}

	private static String name(JsonNode node) {
		return node.path("artifactId").asString();
	}

	/**
	 * Returns the name of the artifact in a file.
	 * @param file a jar file, or the classes directory of a module of this build
	 * @return the name without the version
	 */
	public static String artifact(Path file) {
		return file.toString()
			.replaceAll(".*[/\\\\]([^/\\\\]+)[/\\\\]target[/\\\\]classes", "weir-spring-boot-$1")
			.replaceAll(".*[/\\\\]", "")
			.replaceAll("-\\d.*", "");
	}

	/**
	 * Returns the class path of an application.
	 * @param artifacts the artifacts that the application declares
	 * @return the files of these artifacts and of their dependencies
	 */
	public List<Path> of(List<String> artifacts) {
		Map<String, Path> found = new LinkedHashMap<>();
		for (String artifact : artifacts) {
			if (!this.files.containsKey(artifact)) {
				throw new IllegalArgumentException("This module does not depend on " + artifact);
			}
			collect(artifact, found);
		}
		return List.copyOf(found.values());
	}

	private void collect(String name, Map<String, Path> found) {
		Path file = this.files.get(name);
		if (file == null || found.putIfAbsent(name, file) != null) {
			return;
		}
		this.dependencies.getOrDefault(name, List.of()).forEach((child) -> collect(child, found));
	}

	/**
	 * Returns the class path of Weir's starter.
	 * @return the files of the starter and of its dependencies
	 */
	public List<Path> ofWeir() {
		return this.weir;
	}

	/**
	 * Adds Weir's starter to the class path of an application. An artifact that the
	 * application already has is not replaced.
	 * @param own the class path of the application
	 * @return the class path with Weir
	 */
	public List<Path> withWeir(List<Path> own) {
		List<String> names = own.stream().map(ClassPaths::artifact).toList();
		List<Path> all = new ArrayList<>(own);
		this.weir.stream().filter((file) -> !names.contains(artifact(file))).forEach(all::add);
		return all;
	}

	/**
	 * Adds Weir's starter to the class path of an application that has Lettuce, and
	 * excludes Redisson, as {@code docs/redis.md} describes.
	 * @param own the class path of the application
	 * @return the class path with Weir, without Redisson and its dependencies
	 */
	public List<Path> withWeirOnLettuce(List<Path> own) {
		// Lettuce has its own dependencies on Netty.
		return withWeir(own).stream()
			.filter((file) -> own.contains(file) || !artifact(file).matches("redisson|netty-.*"))
			.toList();
	}

}
