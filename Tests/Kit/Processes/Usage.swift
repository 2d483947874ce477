internal import Glibc

/// Nanoseconds of a clock that goes steadily.
public func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Processor time that this process has used.
public func processorNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Processor time that a process has used, all its threads together.
public func processorNanoseconds(of process: Int32) -> UInt64 {
    var clock = clockid_t()
    var time = timespec()
    clock_getcpuclockid(process, &clock)
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Memory of a process that is in use now.
public func residentBytes(of process: Int32) -> Double {
    guard let file = fopen("/proc/\(process)/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, 128, file) != nil else { return 0 }
    let words = line.split(separator: 32).map { $0.map(UInt8.init(bitPattern:)) }
    guard words.count > 1, let pages = Double(String(decoding: words[1], as: UTF8.self)) else {
        return 0
    }
    return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
}
