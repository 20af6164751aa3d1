import ArgumentParser
import Paths

extension ReasmCommand {
  /// Checks that nothing was asked for beside an archive that cannot go with it.
  func checkArchive() throws {
    guard let tar = output.tar else { return }
    if list.isWanted { throw ValidationError("--tar is about files, and --list writes none; choose one") }
    if output.writers != nil { throw ValidationError("--writers is about files in a folder, and --tar writes none there; choose one") }
    if search.matching {
      throw ValidationError("--tar takes no member back, and --matching decides at the end of a connection; choose one")
    }
    if output.report { throw ValidationError("--report is a page about files in a folder, and --tar writes none there; choose one") }
    if output.directory == nil {
      for (isGiven, option) in [(captures.pcap, "--pcap"), (tls.tlsCertificates, "--tls-certificates")] where isGiven {
        throw ValidationError("\(option) writes files that --tar does not take; name a folder for them with -o")
      }
    }
    guard tar == "-" else {
      if let write = live.write, write == tar { throw ValidationError("--tar and --write name one file; name two") }
      return
    }
    let printing = [(console.console, "--console"), (events.events, "--events"), (messages.summary == .json, "--summary json")]
    for (isGiven, option) in printing where isGiven {
      throw ValidationError("--tar - and \(option) both go to standard output; name a file for one of them: --tar FILE")
    }
    if http.har { throw ValidationError("--har reads bodies again, which a tar file on standard output does not give; say --tar FILE") }
  }
}
