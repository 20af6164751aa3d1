import Glibc

/// Program under test.
package enum BuiltProgram {
  /// Path of `reasm`: the variable `REASM`, or the binary beside the test bundle.
  package static let reasm = getenv("REASM").map { String(cString: $0) } ?? folder + "/reasm"

  /// Folder of the test bundle, in which the products lie that were built with it.
  package static let folder: String = {
    guard let path = realpath("/proc/self/exe", nil) else { return "." }
    defer { free(path) }
    let program = String(cString: path)
    return String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)])
  }()
}
