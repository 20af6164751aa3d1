public import Reassembly

/// An object that learns of every connection that is over.
public protocol ConnectionObserver: AnyObject {
  /// A connection is over and its files are complete.
  ///
  /// - Parameters:
  ///   - report: what the assembler knows of the connection.
  ///   - hasSeveralVLANs: not all packets came in the VLAN of the first one.
  func completed(_ report: ConnectionReport, hasSeveralVLANs: Bool)
}
