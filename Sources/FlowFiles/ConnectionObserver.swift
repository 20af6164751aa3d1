public import Reassembly

/// An object that is notified of every completed connection.
public protocol ConnectionObserver: AnyObject {
  /// Called when a connection is completed and its files are closed.
  ///
  /// - Parameters:
  ///   - report: the assembler's report of the connection.
  ///   - hasSeveralVLANs: whether the packets came in more than one VLAN.
  func completed(_ report: ConnectionReport, hasSeveralVLANs: Bool)
}
