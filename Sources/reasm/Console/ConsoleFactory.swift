import FlowFiles
import HTTP
import Packets
import Paths
import Reassembly

/// Makes streams that are printed, and written to files too where somebody writes them.
final class ConsoleFactory: StreamFactory {
  let printer: ConversationPrinter
  let isLive: Bool
  let spool: Spool
  /// HTTP is read, and its messages are printed; nil where bytes are.
  let http: HTTPContext?
  private let files: FlowFileFactory?
  private let observer: (any ConnectionObserver)?
  private let checksStates: Bool
  private let checksOptions: Bool
  /// A conversation was not printed whole, because the bytes that waited for its end were lost.
  private(set) var isIncomplete = false

  /// Makes the factory of a run.
  ///
  /// `files` write the streams as well; they tell `observer` themselves. In `spoolFolder` conversations wait for their end that are too long
  /// for the memory.
  init(
    _ options: ConsoleOptions, _ reassembly: ReassemblyOptions, http: HTTPContext?, files: FlowFileFactory?, spoolFolder: FilePath,
    observer: (any ConnectionObserver)?
  ) {
    printer = ConversationPrinter(options.format ?? .text)
    isLive = options.live
    self.http = http
    spool = Spool(folder: spoolFolder)
    self.files = files
    self.observer = observer
    checksStates = reassembly.strictState
    checksOptions = reassembly.strictOptions
  }

  /// The checks of a connection that is not written to files.
  func strictness() -> Strictness? { Strictness.checking(states: checksStates, options: checksOptions) }

  func makeStream(for opening: ConnectionOpening) -> any Stream {
    ConsoleStream(opening, factory: self, files: files?.makeStream(for: opening))
  }

  func complete(_ report: ConnectionReport, start: Timestamp, isWhole: Bool) {
    if !isWhole { isIncomplete = true }
    if files == nil { observer?.completed(report, start: start, hasSeveralVLANs: false) }
  }

  /// What went wrong with printing, in one line; nil where nothing did.
  var problem: String? {
    if printer.error != 0 { return "standard output: \(StandardStream.words(for: printer.error)); what came later is not printed" }
    guard let failure = spool.failure else { return nil }
    return "\(failure); long conversations are not printed whole: make room there, name another folder with TMPDIR, or say --live"
  }
}
