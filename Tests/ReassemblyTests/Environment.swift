import Glibc

/// A number from the environment: how a failing random test is run again.
func environmentNumber(_ name: String) -> Int? {
  guard let value = getenv(name) else { return nil }
  return Int(String(cString: value))
}
