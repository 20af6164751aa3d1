internal import Packets
public import Reassembly
public import TLS

/// Source of the TLS stages of all connections.
public final class TLSSource: StageSource {
  /// Source of secrets.
  public let secrets: any SecretSource
  /// Limit of the ciphertext that waits for its key.
  public let budget: WaitingBudget
  /// Files of certificates; nil if none are written.
  var certificates: CertificateFiles?
  /// Source of the stages that read the same streams; nil if there are none.
  var other: (any StageSource)?
  weak var factory: FlowFileFactory?
  /// Stages of open connections that may wait for secrets.
  private var stages: [ObjectIdentifier: WeakStage] = [:]

  private var mostWatched = 64

  private struct WeakStage {
    weak var stage: TLSStage?
  }

  /// Creates a source.
  ///
  /// - Parameters:
  ///   - secrets: the source of secrets.
  ///   - waitingLimit: the greatest number of waiting bytes, for all connections together; nil for no limit.
  public init(secrets: any SecretSource, waitingLimit: Int?) {
    self.secrets = secrets
    budget = WaitingBudget(limit: waitingLimit)
  }

  /// Makes every waiting connection look for its secrets again, because there are new ones.
  public func secretsChanged() {
    stages = stages.filter { $0.value.stage != nil }
    for entry in stages.values { entry.stage?.secretsChanged() }
  }

  /// Remembers a stage that may wait for secrets.
  private func watch(_ stage: TLSStage) {
    // Stages of completed connections are removed when the table has doubled, so each costs O(1) on average.
    if stages.count >= mostWatched {
      stages = stages.filter { $0.value.stage != nil }
      mostWatched = max(64, stages.count * 2)
    }
    stages[ObjectIdentifier(stage)] = WeakStage(stage: stage)
  }

  /// Creates the stage of one connection for a reader beside the files.
  ///
  /// - Parameter receiver: the consumer of the clear bytes.
  /// - Returns: the stage, which takes secrets that come later as long as it exists.
  public func makeStage(_ receiver: any ClearReceiver) -> TLSStage { makeStage(receiver, secrets) }

  /// Creates the stage of one connection with a source of secrets of its own.
  func makeStage(_ receiver: any ClearReceiver, _ secrets: any SecretSource) -> TLSStage {
    let stage = TLSStage(secrets: secrets, budget: budget, receiver: receiver)
    if secrets.mayGrow { watch(stage) }
    return stage
  }

  func makeStages(for connection: ConnectionStream) -> (any ConnectionStages)? {
    guard let factory else { return nil }
    let others = other?.makeStages(for: connection)
    let made = ConnectionTLS(connection, self, factory, above: others)
    guard let others else { return made }
    return CombinedStages(made, others)
  }
}

extension FlowFileFactory {
  /// Passes the clear bytes of a connection to a second receiver too.
  ///
  /// - Parameters:
  ///   - stream: the stream that ``makeStream(for:)`` returned, before its first bytes.
  ///   - receiver: the receiver.
  /// - Returns: the stage of the connection, which its stream feeds; nil if TLS is not read.
  public func observeTLS(of stream: any TCPStream, with receiver: any ClearReceiver) -> TLSStage? {
    guard let tls = (stream as? ConnectionStream)?.stages?.tls else { return nil }
    tls.observe(with: receiver)
    return tls.stage
  }

  /// Reads TLS in the connections that begin from now on, and writes clear files and the facts of TLS in the index.
  ///
  /// - Parameters:
  ///   - source: the source of the stages.
  ///   - writesCertificates: whether each certificate is written to a file.
  public func readTLS(_ source: TLSSource, writesCertificates: Bool) {
    source.factory = self
    if writesCertificates { source.certificates = CertificateFiles(store) }
    tlsSource = source
    if source !== stageSource { source.other = stageSource }
    stageSource = source
  }
}
