internal import Reassembly
internal import TestSupport

/// Options at random: mostly the defaults, and every one of them sooner or later with every other.
struct OptionMaker {
  var random: SplitMix64

  private mutating func rarely<Value>(_ share: Int, _ values: [Value]) -> Value? {
    random.oneIn(share) ? values.randomElement(using: &random) : nil
  }

  /// Returns random options; with `isGentle`, only options that leave every stream as it was sent.
  mutating func options(isGentle: Bool) -> HuntOptions {
    var options = HuntOptions()
    // Large holes are slow to read; the default limits have their turn as well.
    options.maxGap = random.oneIn(12) ? nil : [1, 100, 4_096, 65_536, 1 << 20].randomElement(using: &random)
    options.template = rarely(6, ["all", "%S-%A", "%N/%K_%a-%b", "%T--%A%V%v.%a", "x/%v%C%c/%A.%a-%B.%b", "%E-%e-%#%a", "%t-%b%C%c"])
    options.skipsGaps = random.oneIn(6)
    options.hashes = random.oneIn(8)
    options.writesEmpty = random.oneIn(10)
    options.maxHoles = rarely(12, [0, 10, 5_000, 100_000])
    options.keys = random.oneIn(6) ? UInt8.random(in: 1...7, using: &random) : 0
    if isGentle { return options }
    options.minBytes = options.writesEmpty ? nil : rarely(12, [1, 2, 20, 100])
    options.maxBytes = rarely(12, [100, 150, 1_000, 5_000])
    options.overlapPolicy = (rarely(2, OverlapPolicy.allCases) ?? .first).rawValue
    options.fragmentPolicy = (rarely(2, FragmentPolicy.allCases) ?? .first).rawValue
    options.forgetsAtOnce = random.oneIn(4)
    if random.oneIn(3) { limits(&options) }
    if random.oneIn(4) { strictness(&options) }
    return options
  }

  private mutating func limits(_ options: inout HuntOptions) {
    options.gapTimeout = rarely(3, [0, 1, 100, 1_000, 5_000])
    options.idleTimeout = rarely(4, [0, 1, 1_000, 60_000])
    options.synTimeout = rarely(4, [0, 1, 1_000])
    options.closeDelay = rarely(4, [0, 1, 1_000])
    options.stragglerTime = rarely(4, [0, 1, 1_000])
    options.fragmentTimeout = rarely(4, [0, 1, 1_000])
    options.connectionPages = rarely(3, [0, 1, 2, 3])
    options.totalPages = rarely(3, [0, 1, 2, 4])
    options.fragmentMemory = rarely(4, [0, 1, 2_000, 70_000])
    options.maxConnections = rarely(4, [0, 1, 2, 3])
  }

  private mutating func strictness(_ options: inout HuntOptions) {
    options.defragments = !random.oneIn(3)
    options.requiresHandshake = random.oneIn(4)
    options.verifiesChecksums = random.oneIn(3)
    options.checksStates = random.oneIn(4)
    options.checksOptions = random.oneIn(4)
    if random.oneIn(3) { options.rejectsEvery = UInt64.random(in: 2...5, using: &random) }
    if random.oneIn(3), (options.connectionPages ?? 0) == 0, (options.totalPages ?? 0) == 0 {
      options.keptPart = Int.random(in: 1...5, using: &random)
    }
  }
}
