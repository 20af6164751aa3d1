internal import Glibc

extension RunMarker {
  /// Looks at who holds the lock this often, 10 ms apart: whoever looks at a marker holds it for a moment too.
  private static let attempts = 10

  /// Makes the marker, or opens that of a run that was cut short, and locks it.
  ///
  /// - Parameter mayMake: asked for where there is none.
  /// - Throws: `inUse` where somebody else holds it, `reservedNameTaken` where something else has its name, and what `mayMake` throws.
  static func take(in directory: Int32, calls: any SystemCalls, mayMake: () throws(Failure) -> Void) throws(Failure) -> RunMarker {
    for _ in 0..<attempts {
      guard let found = try find(in: directory, calls, mayMake) else { continue }
      try lock(found)
      if try found.isInPlace(directory) { return found }
      // The run that it belonged to has ended just now.
    }
    throw Failure(.inUse)
  }

  /// nil where somebody else made one just now.
  private static func find(
    in directory: Int32, _ calls: any SystemCalls, _ mayMake: () throws(Failure) -> Void
  ) throws(Failure) -> RunMarker? {
    do throws(SystemError) {
      let descriptor = try calls.openUninterrupted(at: directory, terminatedName, flags: O_RDWR | O_NONBLOCK)
      return RunMarker(descriptor, in: directory, isNew: false, calls: calls)
    } catch {
      switch error.code {
      case ENOENT: break
      case ELOOP, EISDIR, ENXIO: throw Failure(.reservedNameTaken)
      default: throw Failure(.system(error))
      }
    }
    try mayMake()
    do throws(SystemError) {
      let descriptor = try calls.openUninterrupted(at: directory, terminatedName, flags: O_RDWR | O_CREAT | O_EXCL)
      return RunMarker(descriptor, in: directory, isNew: true, calls: calls)
    } catch {
      if error.code == EEXIST { return nil }
      throw Failure(.system(error))
    }
  }

  private static func lock(_ marker: RunMarker) throws(Failure) {
    for attempt in 1... {
      do throws(SystemError) {
        return try marker.calls.lock(marker.descriptor)
      } catch {
        switch error.code {
        case EINTR: continue
        case EWOULDBLOCK where attempt < attempts: usleep(10_000)
        case EWOULDBLOCK: throw Failure(.inUse)
        // A file system without locks cannot keep two runs apart, and is good enough for one.
        default: return
        }
      }
    }
  }

  /// The locked file still is the one that the name leads to, and a regular one.
  private func isInPlace(_ directory: Int32) throws(Failure) -> Bool {
    let status: FileStatus
    let named: FileStatus
    do throws(SystemError) {
      status = try calls.status(of: descriptor)
      named = try calls.status(at: directory, Self.terminatedName)
    } catch {
      if error.code == ENOENT { return false }
      throw Failure(.system(error))
    }
    guard status.isRegular else { throw Failure(.reservedNameTaken) }
    return named.isSameFile(as: status)
  }

  /// Why a marker could not be had.
  struct Failure: Error {
    let reason: OutputError.Reason

    init(_ reason: OutputError.Reason) { self.reason = reason }
  }
}
