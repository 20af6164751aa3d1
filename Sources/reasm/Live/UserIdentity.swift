import ArgumentParser
import CLinux
import Glibc

/// User of the system whose rights the program continues with.
struct UserIdentity: Hashable {
  let name: String
  let user: uid_t
  let group: gid_t

  /// Looks up a name.
  init(parsing name: String) throws {
    guard let entry = getpwnam(name) else { throw ValidationError("--user '\(name)': no such user") }
    self.name = name
    user = entry.pointee.pw_uid
    group = entry.pointee.pw_gid
    if user == 0 { throw ValidationError("--user '\(name)' is root itself; name a user with fewer rights") }
  }

  /// Becomes this user permanently: real, effective and saved ids, and the groups.
  ///
  /// The kernel removes the capabilities with the ids.
  ///
  /// - Throws: `PrivilegeError` if the system refuses, or if root could be regained. The program must end then.
  func assume() throws {
    guard initgroups(name, group) == 0 else { throw refusal("initgroups") }
    guard setresgid(group, group, group) == 0 else { throw refusal("setresgid") }
    guard setresuid(user, user, user) == 0 else { throw refusal("setresuid") }
    var (real, effective, saved) = (uid_t(0), uid_t(0), uid_t(0))
    guard getresuid(&real, &effective, &saved) == 0, [real, effective, saved] == [user, user, user], setuid(0) != 0, seteuid(0) != 0,
      setgid(0) != 0 || group == 0
    else { throw PrivilegeError("--user \(name): root could come back; nothing was captured") }
  }

  private func refusal(_ call: String) -> PrivilegeError {
    let words = StandardStream.words(for: errno)
    return PrivilegeError("--user \(name): \(call): \(words); start as root, or leave the option out where the binary has the capability")
  }
}

/// Error that rights could not be given up.
struct PrivilegeError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
