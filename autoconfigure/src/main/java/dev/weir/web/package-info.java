/**
 * What Weir adds to a Spring MVC application: problem details for its exceptions.
 */
@NullMarked
package dev.weir.web;

import org.jspecify.annotations.NullMarked;
