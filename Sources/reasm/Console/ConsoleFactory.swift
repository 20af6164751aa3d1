import FlowFiles
import HTTP
import Packets
import Paths
import Reassembly
import TLS

/// Factory of streams that are printed, and also written to files if the run has files.
final class ConsoleFactory: StreamFactory {
  let printer: ConversationPrinter
  let isLive: Bool
  let spool: Spool
  /// State of the HTTP reader, whose messages are printed; nil if bytes are printed instead.
  let http: HTTPContext?
  /// Source of the stages that read TLS; nil if ciphertext is printed as it is.
  var tls: TLSSource?
  /// Search of what is printed; nil without patterns.
  let search: ConsoleSearch?
  /// Number of bytes that are printed of a body; nil for the standard one.
  let bodyHead: Int?
  /// Memory for comparing copies of bytes.
  let memory = CopyMemory()
  /// Number of ranges with two versions, in completed connections without files.
  private(set) var conflicts: UInt64 = 0
  /// Conversations that wait for those before them; nil if each is printed when it is over.
  private var queue: ConversationQueue?
  private let files: FlowFileFactory?
  private let observer: (any ConnectionObserver)?
  private let checksStates: Bool
  private let checksOptions: Bool
  /// Whether a conversation was not printed completely, because the spool lost bytes of it.
  private(set) var isIncomplete = false

  /// Creates the factory of a run.
  ///
  /// Matches of `search` stand out. `files` write the streams as well, and notify `observer` themselves. Conversations that exceed the
  /// memory wait for their end in `spoolFolder`. With `isOrdered`, conversations are printed in the order of their numbers.
  init(
    _ options: ConsoleOptions, _ reassembly: ReassemblyOptions, http: HTTPContext?, search: ConsoleSearch?, files: FlowFileFactory?,
    spoolFolder: FilePath, isOrdered: Bool, observer: (any ConnectionObserver)?
  ) {
    printer = ConversationPrinter(options)
    bodyHead = options.head?.bytes
    isLive = options.live
    // Messages are printed as they complete.
    queue = isOrdered && !options.live && http == nil ? ConversationQueue() : nil
    self.http = http
    self.search = search
    spool = Spool(folder: spoolFolder)
    self.files = files
    self.observer = observer
    checksStates = reassembly.strictState
    checksOptions = reassembly.strictOptions
  }

  /// Returns the segment checks of a connection that is not written to files.
  func strictness() -> Strictness? { Strictness.checking(states: checksStates, options: checksOptions) }

  /// Passes the clear bytes that the files of a stream receive to a receiver too.
  ///
  /// - Parameters:
  ///   - stream: the stream of the files.
  ///   - receiver: the receiver.
  /// - Returns: the stage of the connection; nil if no files read TLS.
  func observeTLS(of stream: any TCPStream, with receiver: ConsoleTLS) -> TLSStage? { files?.observeTLS(of: stream, with: receiver) }

  func makeStream(for opening: ConnectionOpening) -> any TCPStream {
    queue?.opened(opening.id)
    return ConsoleStream(opening, factory: self, files: files?.makeStream(for: opening))
  }

  /// Prints a completed conversation, and others that waited for it, or lets it wait for others.
  func printInTurn(_ id: UInt64, _ print: @escaping () -> Void) {
    guard queue != nil else { return print() }
    for print in queue?.completed(id, print) ?? [] { print() }
  }

  /// Prints all conversations that wait, and ends the output.
  func finish() {
    for print in queue?.takeAll() ?? [] { print() }
    printer.finish()
  }

  func complete(_ report: ConnectionReport, isWhole: Bool, conflicts found: UInt64) {
    if !isWhole { isIncomplete = true }
    guard files == nil else { return }
    conflicts &+= found
    observer?.completed(report, hasSeveralVLANs: false, conflicts: found, files: [])
  }

  /// One line that states a failure to print; nil if there was none.
  var problem: String? {
    if printer.error != 0 { return "standard output: \(StandardStream.words(for: printer.error)); what came later is not printed" }
    guard let failure = spool.failure else { return nil }
    return "\(failure); long conversations are not printed whole: make room there, name another folder with TMPDIR, or say --live"
  }
}
