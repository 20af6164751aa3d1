public import Packets
public import Reassembly

/// Is told of every connection that is over.
public protocol ConnectionObserver: AnyObject {
  /// - Parameter hasSeveralVLANs: not all its packets came in the VLAN of the first one.
  func completed(_ report: ConnectionReport, start: Timestamp, hasSeveralVLANs: Bool)
}
