/// Makes a failing script as small as it can be while it fails: first fewer packets, then fewer options, then less in each packet.
package struct Shrinker {
  private let fails: (HuntScript) -> Bool
  private var best: HuntScript
  /// Scripts that may still be tried.
  private var budget: Int

  /// Returns the smallest script found that fails; `fails` returns whether a script fails in the same way as the first one.
  package static func shrink(_ script: HuntScript, budget: Int = 1_500, while fails: @escaping (HuntScript) -> Bool) -> HuntScript {
    var shrinker = Shrinker(fails: fails, best: script, budget: budget)
    var before: HuntScript
    repeat {
      before = shrinker.best
      shrinker.removePackets()
      shrinker.simplifyOptions()
      shrinker.simplifyPackets()
    } while shrinker.best != before && shrinker.budget > 0
    return shrinker.best
  }

  /// Takes a script in the place of the best one where it still fails.
  private mutating func take(_ candidate: HuntScript) -> Bool {
    guard candidate != best, budget > 0 else { return false }
    budget -= 1
    guard fails(candidate) else { return false }
    best = candidate
    return true
  }

  /// Removes packets by delta debugging: halves, quarters and so on, down to single packets.
  private mutating func removePackets() {
    var size = max(1, best.packets.count / 2)
    while true {
      var start = 0
      while start < best.packets.count, best.packets.count > 1 {
        var candidate = best
        candidate.packets.removeSubrange(start..<min(start + size, best.packets.count))
        if !take(candidate) { start += size }
      }
      if size == 1 { return }
      size /= 2
    }
  }

  private mutating func simplifyOptions() {
    var candidate = best
    candidate.options = HuntOptions()
    if take(candidate) { return }
    for index in best.options.simpler.indices.reversed() {
      guard index < best.options.simpler.count else { continue }
      candidate = best
      candidate.options = best.options.simpler[index]
      _ = take(candidate)
    }
    candidate = best
    candidate.link = .ethernet
    _ = take(candidate)
  }

  private mutating func simplifyPackets() {
    tryOnAll { $0.tunnel = nil }
    tryOnAll { $0.vlans = [] }
    tryOnAll { $0.cut = 0 }
    tryOnAll { $0.salt = 0 }
    tryOnAll { $0.tcpOptions = [] }
    evenTimes()
    for index in best.packets.indices {
      change(index) { $0.isPadded = false }
      change(index) { $0.statesNoLength = false }
      change(index) { $0.hasBadChecksum = false }
      change(index) { $0.window = 65_535 }
      change(index) { $0.urgentPointer = 0 }
      change(index) { $0.cut = 0 }
      change(index) { $0.salt = 0 }
      change(index) { $0.tcpOptions = [] }
      change(index) { $0.vlans = [] }
      change(index) { $0.tunnel = nil }
      change(index) { $0.fragment = nil }
      change(index) { $0.flags &= 0x17 }
      shorten(index)
    }
  }

  /// A packet of a fragmented datagram keeps its length: the other fragments state it too.
  private mutating func shorten(_ index: Int) {
    guard best.packets[index].fragment == nil else { return }
    for length in [0, 1, 2, 10] where length < best.packets[index].length {
      if change(index, { $0.length = length }) { return }
    }
    var step = best.packets[index].length / 2
    while step > 0 {
      while best.packets[index].length > step, change(index, { $0.length -= step }) {}
      step /= 2
    }
  }

  /// A millisecond between packets, as far as that goes.
  private mutating func evenTimes() {
    var candidate = best
    for index in candidate.packets.indices { candidate.packets[index].time = candidate.packets[0].time + Int64(index) * 1_000_000 }
    if take(candidate) { return }
    for index in best.packets.indices.dropFirst() {
      let distance = best.packets[index].time - best.packets[index - 1].time
      for shorter in [1_000_000, 1_100_000_000] as [Int64] where distance > shorter || distance < 0 {
        candidate = best
        for later in index..<candidate.packets.count { candidate.packets[later].time += shorter - distance }
        if take(candidate) { break }
      }
    }
  }

  private mutating func tryOnAll(_ change: (inout HuntPacket) -> Void) {
    var candidate = best
    for index in candidate.packets.indices { change(&candidate.packets[index]) }
    _ = take(candidate)
  }

  @discardableResult
  private mutating func change(_ index: Int, _ change: (inout HuntPacket) -> Void) -> Bool {
    var candidate = best
    change(&candidate.packets[index])
    return take(candidate)
  }
}
