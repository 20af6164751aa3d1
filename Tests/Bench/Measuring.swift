import CPcap
import Glibc

/// Why a benchmark means nothing.
struct BenchError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// What several runs of the same thing gave.
struct Sample {
  private var values: [Double]

  init(_ values: [Double]) { self.values = values.sorted() }

  var median: Double {
    let middle = values.count / 2
    return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
  }

  /// Half the way from the lowest to the highest, as a part of the median.
  var spread: Double { median > 0 ? (values[values.count - 1] - values[0]) / 2 / median : 0 }

  /// `12.3 ns ± 4 %`, scaled by `scale`.
  func text(_ unit: String, scale: Double = 1) -> String {
    "\(fixed(median * scale, 2)) \(unit) ± \(Int((spread * 100).rounded())) %"
  }
}

/// A number with `digits` digits behind the point.
func fixed(_ value: Double, _ digits: Int) -> String {
  let power = pow(10, Double(digits))
  let whole = Int((value * power).rounded())
  let behind = String(whole % Int(power))
  return "\(whole / Int(power))." + String(repeating: "0", count: digits - behind.count) + behind
}

/// User CPU of this process so far, in seconds.
func userTime() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
}

/// What a process took.
struct ProcessFigures {
  var wall: Double
  var user: Double
  var system: Double
  /// The most memory it had, in KiB.
  var memory: Int

  /// Runs a program to its end with no output but messages.
  /// - Throws: where it does not end with 0.
  static func run(_ command: [String], output: String = "/dev/null") throws -> ProcessFigures {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    arguments.append(nil)
    let start = now()
    var process = pid_t()
    guard posix_spawnp(&process, command[0], &actions, nil, arguments, environ) == 0 else {
      throw BenchError("\(command[0]): cannot be run")
    }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(process, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw BenchError("\(command[0]): lost") }
    }
    guard status == 0 else { throw BenchError("\(command.joined(separator: " ")): ended with \(status >> 8), signal \(status & 127)") }
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return ProcessFigures(
      wall: now() - start, user: seconds(usage.ru_utime), system: seconds(usage.ru_stime), memory: Int(usage.ru_maxrss))
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
