import ArgumentParser
import Glibc
import Paths

/// Options for notifications about connections during the run.
struct EventOptions: ParsableArguments {
  @Flag(help: "A line of JSON on standard output for each connection that opens or closes, each gap and each conflict.")
  var events = false

  @Option(
    help: ArgumentHelp(
      """
      Run this program, without arguments or shell, for each connection that is over: its index line is the input. Four run at a time and \
      10000 lines wait; beyond that, live, lines are left out and counted.
      """, valueName: "program"), completion: .file())
  var onClose: FilePath?

  func validate() throws {
    guard let onClose else { return }
    guard access(onClose.terminated, F_OK) == 0 else {
      throw ValidationError("--on-close '\(onClose)': no such file; it takes the path of a program alone, arguments go into a script")
    }
    var status = stat()
    guard stat(onClose.terminated, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(onClose.terminated, X_OK) == 0 else {
      throw ValidationError("--on-close '\(onClose)': not a program that may be run; chmod +x makes one of a script")
    }
  }
}
