package kotlin.coroutines;

/**
 * In place of Kotlin's interface: the compiler of Kotlin adds a parameter of this type to
 * a suspending function.
 *
 * @param <T> the type of the result
 */
public interface Continuation<T> {

}
