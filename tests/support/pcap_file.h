// SPDX-License-Identifier: GPL-2.0-or-later
// Captures for tests, made in memory without libpcap.
#pragma once

#include "nfsieve/base/time.h"
#include "packets.h"

#include <filesystem>

namespace nfsieve::test {

/// Link types as they stand in capture files.
inline constexpr std::uint32_t link_ethernet = 1, link_raw = 101, link_cooked = 113;

/// The bytes of a pcap file with nanosecond time stamps, little endian.
class PcapFile {
public:
    explicit PcapFile(std::uint32_t link_type = link_raw);

    /// Appends a frame; without a time, one millisecond after the one before (the first at 1,000,000 s).
    void add(const Buffer& frame);
    void add(const Buffer& frame, Time time);
    /// The same with a frame of which only `captured` bytes are kept.
    void add_cut(const Buffer& frame, std::size_t captured);

    [[nodiscard]] const Buffer& bytes() const { return bytes_; }

private:
    void record(const Buffer& frame, std::size_t captured, Time time);

    Buffer bytes_;
    Time next_{std::chrono::seconds(1'000'000)};
};

/// The same for pcapng: one section, one interface with nanosecond resolution.
class PcapngFile {
public:
    explicit PcapngFile(std::uint32_t link_type = link_raw);
    void add(const Buffer& frame, Time time);
    [[nodiscard]] const Buffer& bytes() const { return bytes_; }

private:
    Buffer bytes_;
};

/// One frame of a pcap file.
struct PcapRecord {
    Time time;
    std::uint32_t original_size = 0;
    Buffer frame;
};

/// Reads back what PcapFile or libpcap (nanosecond or microsecond, same endianness) wrote. `link_type` may be
/// null.
[[nodiscard]] std::vector<PcapRecord> read_pcap(const Buffer& file, std::uint32_t* link_type = nullptr);

void write_file(const std::filesystem::path& path, const Buffer& bytes);
[[nodiscard]] Buffer read_file(const std::filesystem::path& path);

/// A new directory that goes with everything in it.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

} // namespace nfsieve::test
