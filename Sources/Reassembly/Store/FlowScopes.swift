import Packets

/// Numbers of the scopes (VLAN tags, tunnels, interfaces) that tell connections apart, if the options ask for it.
///
/// Scopes are compared in full and numbered from 1 in the order of appearance. The table is bounded, and scopes beyond its capacity share
/// the last number.
struct FlowScopes {
  private struct Scope: Hashable {
    var layers: LayerPath
    /// Index of the input; 0 if interfaces do not count.
    var input: UInt32 = 0
    var interface: UInt32 = 0
  }

  static let capacity = 65536

  private let kinds: KeyScopes
  private var numbers: [Scope: UInt32] = [:]

  init(_ kinds: KeyScopes) { self.kinds = kinds }

  /// The scope of a segment; 0 if the options name no scopes.
  ///
  /// Expected O(1).
  mutating func scope(of layers: LayerPath, _ info: CaptureInfo) -> UInt32 {
    if kinds.isEmpty { return 0 }
    var scope = Scope(layers: LayerPath())
    // Each capture numbers its interfaces by itself.
    if kinds.contains(.interface) { (scope.input, scope.interface) = (info.input, info.interface) }
    scope.layers = kinds.layers(of: layers)
    if let known = numbers[scope] { return known }
    let number = UInt32(min(numbers.count + 1, Self.capacity))
    if numbers.count < Self.capacity { numbers[scope] = number }
    return number
  }
}

extension KeyScopes {
  /// The layers among those around a packet that tell connections apart.
  package func layers(of path: LayerPath) -> LayerPath {
    var layers = LayerPath()
    if isDisjoint(with: [.vlan, .tunnel]) { return layers }
    for index in 0..<path.count {
      let layer = path[index]
      // Each end of L2TP numbers tunnel and session for itself: they would tell the directions of a connection apart.
      if layer.kind != .l2tp, contains(layer.kind == .vlan ? .vlan : .tunnel) { layers.append(layer.kind, layer.id) }
    }
    return layers
  }
}
