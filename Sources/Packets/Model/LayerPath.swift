/// The VLAN tags, MPLS labels and tunnels around a segment's IP header, outermost first: at most eight, no allocation.
///
/// What lies deeper than eight is still decoded and not listed.
public struct LayerPath: Sendable {
  public enum Kind: UInt8, Sendable, CaseIterable {
    case vlan = 1
    case mpls, pppoe, gre, ipip, vxlan, geneve, erspan, gtpu
  }

  /// One layer and the number that tells it from its like: VLAN id, MPLS label, session, key, VNI, TEID.
  public struct Layer: Hashable, Sendable {
    public var kind: Kind
    public var id: UInt32

    @inlinable
    public init(kind: Kind, id: UInt32) {
      self.kind = kind
      self.id = id
    }
  }

  /// How many layers a path lists at most.
  public static let capacity = 8

  /// Kind in bits 32 to 39, id in bits 0 to 31; 0 where there is none.
  @usableFromInline var slots: [8 of UInt64] = .init(repeating: 0)
  @usableFromInline var used: UInt8 = 0

  @inlinable
  public init() {}

  @inlinable public var isEmpty: Bool { used == 0 }
  @inlinable public var count: Int { Int(used) }

  /// The layer at `index`, 0 the outermost. O(1).
  /// - Precondition: `index` is in `0..<count`.
  @inlinable
  public subscript(index: Int) -> Layer {
    precondition(index >= 0 && index < count, "no such layer")
    let slot = slots[index]
    return Layer(kind: Kind(rawValue: UInt8(truncatingIfNeeded: slot >> 32)) ?? .vlan, id: UInt32(truncatingIfNeeded: slot))
  }

  /// Adds a layer inside those already there; one beyond `capacity` is passed over.
  @inlinable
  public mutating func append(_ kind: Kind, _ id: UInt32) {
    guard used < 8 else { return }
    slots[Int(used)] = UInt64(kind.rawValue) << 32 | UInt64(id)
    used &+= 1
  }
}

extension LayerPath: Hashable {
  public static func == (a: LayerPath, b: LayerPath) -> Bool {
    guard a.used == b.used else { return false }
    for index in 0..<a.count where a.slots[index] != b.slots[index] { return false }
    return true
  }

  public func hash(into hasher: inout Hasher) {
    for index in 0..<count { hasher.combine(slots[index]) }
  }
}
