public import Packets

/// Puts TCP segments back into streams. (gopacket: `reassembly.Assembler`.)
public struct Assembler: ~Copyable {
  public let options: AssemblerOptions
  public private(set) var statistics = Statistics()

  public init(factory: any StreamFactory, options: AssemblerOptions = AssemblerOptions()) {
    self.options = options
  }

  /// Decodes one captured packet, puts IP fragments together, and assembles the segment in it.
  ///
  /// - Throws: why the packet is not a TCP segment; nothing else happens then but that the clock goes on.
  public mutating func assemble(packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) throws(DecodeError) -> Disposition { Disposition(kind: .stray) }

  /// Takes one segment. Segments must come in the order of capture.
  public mutating func assemble(_ segment: TCPSegment, info: CaptureInfo) -> Disposition { Disposition(kind: .stray) }

  /// Lets packet time go on without a packet, as on a quiet live interface.
  public mutating func advance(to time: Timestamp) {}

  /// Gives up gaps whose queued bytes are older than `gapAge`, completes connections idle for longer than `closeAge`.
  public mutating func flush(gapAge: PacketDuration?, closeAge: PacketDuration?) -> (flushed: Int, closed: Int) { (0, 0) }

  /// Completes every connection, in order of id: the input has ended.
  public mutating func flushAll() -> Int { 0 }

  /// Connections that are open now.
  public var connectionCount: Int { 0 }
}
