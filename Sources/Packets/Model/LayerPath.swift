/// VLAN tags, MPLS labels and tunnels around a segment's IP header, outermost first: at most eight, without allocation.
///
/// Deeper layers are decoded but not listed.
public struct LayerPath: BitwiseCopyable, Hashable, Sendable {
  /// Kind of a tag, label or tunnel.
  public enum Kind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// VLAN tag with its id.
    case vlan = 1
    /// MPLS label; PPPoE session; GRE with its key; IP in IP; VXLAN and Geneve with their VNI; ERSPAN session; GTP-U with its TEID.
    case mpls, pppoe, gre, ipip, vxlan, geneve, erspan, gtpu
    /// Provider backbone (802.1ah) with its service; VN-Tag and 802.1BR with their interface; Frame Relay with its circuit.
    case pbb, vntag, etag, frameRelay
    /// L2TP with tunnel and session (version 3: the session); LISP with its instance; MikroTik's Ethernet over IP with its tunnel.
    case l2tp, lisp, eoip
  }

  /// One layer and the number that distinguishes it from others of its kind: VLAN id, MPLS label, session, key, VNI, TEID.
  public struct Layer: Hashable, Sendable {
    /// Kind of the layer.
    public var kind: Kind
    /// Number of the layer.
    public var id: UInt32

    /// Creates a layer.
    @inlinable
    public init(kind: Kind, id: UInt32) {
      self.kind = kind
      self.id = id
    }
  }

  /// Greatest number of layers that a path lists.
  public static let capacity = 8

  /// Kind of layer `i` in bits `8 * i` and up; 0 if there is none.
  @usableFromInline var kinds: UInt64 = 0
  /// Ids of layers 0 to 3; `innerIDs` has those of layers 4 to 7.
  ///
  /// They are not an array, not even an inline one: a view that holds an array is destroyed by a call.
  @usableFromInline var outerIDs: SIMD4<UInt32> = .zero
  @usableFromInline var innerIDs: SIMD4<UInt32> = .zero

  /// Creates a path without layers.
  @inlinable
  public init() {}

  /// Whether there are no layers.
  @inlinable public var isEmpty: Bool { kinds == 0 }
  /// Number of listed layers.
  @inlinable public var count: Int { Self.capacity &- kinds.leadingZeroBitCount / 8 }

  /// The layer at `index`, 0 the outermost.
  ///
  /// O(1).
  /// - Precondition: `index` is in `0..<count`.
  @inlinable
  public subscript(index: Int) -> Layer {
    precondition(index >= 0 && index < count, "no such layer")
    let id = index < 4 ? outerIDs[index] : innerIDs[index &- 4]
    return Layer(kind: Kind(rawValue: UInt8(truncatingIfNeeded: kinds >> UInt64(index &* 8))) ?? .vlan, id: id)
  }

  /// Adds a layer inside the others; a layer beyond `capacity` is dropped.
  @inlinable
  public mutating func append(_ kind: Kind, _ id: UInt32) {
    let index = count
    guard index < Self.capacity else { return }
    kinds |= UInt64(kind.rawValue) << UInt64(index &* 8)
    if index < 4 { outerIDs[index] = id } else { innerIDs[index &- 4] = id }
  }
}
