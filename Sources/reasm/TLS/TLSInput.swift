import FlowFiles
import TLS

/// Where the secrets of a run come from, and what opens connections with them.
final class TLSInput {
  let source: TLSSource
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
    source = TLSSource(secrets: logs, waitingLimit: limit == 0 ? nil : Int(clamping: limit))
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
      source.secretsChanged()
    }
  }

  /// Reads on in logs that grow, ten times a second at most.
  func poll() {
    guard isWanted, logs.mayGrow else { return }
    let now = SystemClock.monotonic
    guard now >= nextPoll else { return }
    nextPoll = now &+ Self.pollInterval
    if logs.poll() { source.secretsChanged() }
  }

  /// Nothing more is read of the capture: what waits gets no more secrets than there are now.
  func finish() {
    _ = logs.poll()
    source.secretsChanged()
    logs.mayGrow = false
  }
}
