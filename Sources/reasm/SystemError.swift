import Glibc

/// libc's words for an error number.
enum SystemError {
  static func words(_ number: Int32) -> String { String(cString: strerror(number)) }
}
