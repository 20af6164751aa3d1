public import Packets
public import Reassembly

/// Options of the captures of connections.
public struct CaptureFileOptions: Sendable {
  /// Names of the captures, below the folder `pcap`; `.pcapng` follows.
  public var template: NameTemplate
  /// Time after which the fragments of an incomplete datagram are given up, as in the assembler's options; nil for none.
  public var fragmentTimeout: PacketDuration?
  /// The user-defined encapsulations, as in the assembler's options.
  public var decodeAs: DecodeAs

  /// Creates the options.
  ///
  /// - Parameters:
  ///   - template: the names of the captures.
  ///   - fragmentTimeout: the time after which the fragments of an incomplete datagram are given up; nil for none.
  ///   - decodeAs: the user-defined encapsulations.
  public init(template: NameTemplate, fragmentTimeout: PacketDuration?, decodeAs: DecodeAs = .none) {
    self.template = template
    self.fragmentTimeout = fragmentTimeout
    self.decodeAs = decodeAs
  }
}
