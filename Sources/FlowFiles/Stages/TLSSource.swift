internal import Packets
internal import Reassembly
public import TLS

/// Makes the TLS stage of each connection, and what all of them share.
public final class TLSSource: StageSource {
  /// Where secrets come from.
  public let secrets: any SecretSource
  /// Limit of the ciphertext that waits for its key.
  public let budget: WaitingBudget
  /// nil where no certificates are written.
  var certificates: CertificateFiles?
  /// Source of the stages that read the same streams; nil if there are none.
  var other: (any StageSource)?
  weak var factory: FlowFileFactory?
  /// Connections that are open.
  private var stages: [ObjectIdentifier: WeakStage] = [:]

  private var mostWatched = 64

  private struct WeakStage {
    weak var stage: TLSStage?
  }

  /// Creates a source.
  ///
  /// - Parameters:
  ///   - secrets: where secrets come from.
  ///   - waitingLimit: bytes of ciphertext that may wait for their keys, of all connections together; nil is no limit.
  public init(secrets: any SecretSource, waitingLimit: Int?) {
    self.secrets = secrets
    budget = WaitingBudget(limit: waitingLimit)
  }

  /// Tells every connection that waits for a secret that there are more.
  public func secretsChanged() {
    stages = stages.filter { $0.value.stage != nil }
    for entry in stages.values { entry.stage?.secretsChanged() }
  }

  /// Keeps an eye on a connection that may have to wait for secrets.
  private func watch(_ stage: TLSStage) {
    // Connections that are over are let go of when there are as many as may be open: each costs a constant on average.
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
  public func makeStage(_ receiver: any ClearReceiver) -> TLSStage {
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
  /// Reads TLS in every connection from now on: clear bytes beside the files of the streams, and what the hellos tell in the index.
  public func readTLS(_ source: TLSSource, writesCertificates: Bool) {
    source.factory = self
    if writesCertificates { source.certificates = CertificateFiles(store) }
    tlsSource = source
    if source !== stageSource { source.other = stageSource }
    stageSource = source
  }
}
