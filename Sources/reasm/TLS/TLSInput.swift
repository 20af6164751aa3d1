import FlowFiles
import TLS

/// Where the secrets of a run come from, and what opens connections with them.
final class TLSInput {
  let source: TLSSource
  /// Source of the stages for what is printed; nil if nothing is.
  let printed: TLSSource?
  private let logs: KeyLogs
  /// Whether TLS is looked into.
  private(set) var isWanted: Bool
  /// Begins to look into TLS, where secrets come up that nobody asked for.
  var begin: ((TLSInput) -> Void)?
  /// When the logs are read on, on the clock that nobody sets, in nanoseconds.
  private var nextPoll: Int64 = 0

  private static let pollInterval: Int64 = 100_000_000

  /// Reads the key logs.
  ///
  /// - Throws: `KeyLogError` where one cannot be read.
  init(_ command: ReasmCommand) throws {
    let limit = command.tls.keyWaitMemory.bytes
    logs = try KeyLogs(command.tls.keylog, follows: command.live.isLive || command.input.follow)
    // Ciphertext waits once for what is printed and once for what is written; both together keep the limit.
    let isShared = command.console.console && command.output.directory != nil
    let waitingLimit = limit == 0 ? nil : Int(clamping: isShared ? limit / 2 : limit)
    source = TLSSource(secrets: logs, waitingLimit: waitingLimit)
    printed = command.console.console ? TLSSource(secrets: logs, waitingLimit: waitingLimit) : nil
    isWanted = command.tls.isWanted || command.http.outputOptions != nil
  }

  /// The capture may still bring secrets.
  func expectSecretsOfCapture() { logs.mayGrow = true }

  /// Takes a key log that the capture holds.
  func add(_ log: [UInt8]) {
    logs.add(log)
    if !isWanted, !logs.hasNoneOfCapture {
      isWanted = true
      begin?(self)
    } else {
      secretsChanged()
    }
  }

  /// Reads on in logs that grow, ten times a second at most.
  func poll() {
    guard isWanted, logs.mayGrow else { return }
    let now = SystemClock.monotonic
    guard now >= nextPoll else { return }
    nextPoll = now &+ Self.pollInterval
    if logs.poll() { secretsChanged() }
  }

  private func secretsChanged() {
    source.secretsChanged()
    printed?.secretsChanged()
  }

  /// Nothing more is read of the capture: what waits gets no more secrets than there are now.
  func finish() {
    _ = logs.poll()
    secretsChanged()
    logs.mayGrow = false
  }
}
