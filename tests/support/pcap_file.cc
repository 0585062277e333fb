// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcap_file.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace nfsieve::test {
namespace {

constexpr std::uint32_t nanosecond_magic = 0xa1b23c4d;
constexpr std::uint32_t microsecond_magic = 0xa1b2c3d4;

void put_le16(Buffer& out, std::uint16_t value) {
    out.push_back(static_cast<std::uint8_t>(value));
    out.push_back(static_cast<std::uint8_t>(value >> 8));
}

void put_le32(Buffer& out, std::uint32_t value) {
    put_le16(out, static_cast<std::uint16_t>(value));
    put_le16(out, static_cast<std::uint16_t>(value >> 16));
}

std::uint32_t load_le32(const Buffer& from, std::size_t at) {
    return from.at(at) | std::uint32_t{from.at(at + 1)} << 8 | std::uint32_t{from.at(at + 2)} << 16 |
           std::uint32_t{from.at(at + 3)} << 24;
}

std::uint64_t nanoseconds(Time time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

/// A pcapng block: type, length, body, length again.
void put_block(Buffer& out, std::uint32_t type, Buffer body) {
    while (body.size() % 4 != 0)
        body.push_back(0);
    const auto length = static_cast<std::uint32_t>(body.size() + 12);
    put_le32(out, type);
    put_le32(out, length);
    out.insert(out.end(), body.begin(), body.end());
    put_le32(out, length);
}

} // namespace

PcapFile::PcapFile(std::uint32_t link_type) {
    put_le32(bytes_, nanosecond_magic);
    put_le16(bytes_, 2);
    put_le16(bytes_, 4);
    put_le32(bytes_, 0);
    put_le32(bytes_, 0);
    put_le32(bytes_, 262144);
    put_le32(bytes_, link_type);
}

void PcapFile::record(const Buffer& frame, std::size_t captured, Time time) {
    next_ = time + std::chrono::milliseconds(1);
    put_le32(bytes_, static_cast<std::uint32_t>(nanoseconds(time) / 1'000'000'000));
    put_le32(bytes_, static_cast<std::uint32_t>(nanoseconds(time) % 1'000'000'000));
    put_le32(bytes_, static_cast<std::uint32_t>(captured));
    put_le32(bytes_, static_cast<std::uint32_t>(frame.size()));
    bytes_.insert(bytes_.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(captured));
}

void PcapFile::add(const Buffer& frame) {
    record(frame, frame.size(), next_);
}

void PcapFile::add(const Buffer& frame, Time time) {
    record(frame, frame.size(), time);
}

void PcapFile::add_cut(const Buffer& frame, std::size_t captured) {
    record(frame, std::min(captured, frame.size()), next_);
}

PcapngFile::PcapngFile(std::uint32_t link_type) {
    Buffer section;
    put_le32(section, 0x1a2b3c4d);
    put_le16(section, 1);
    put_le16(section, 0);
    put_le32(section, 0xffffffff);
    put_le32(section, 0xffffffff);
    put_block(bytes_, 0x0a0d0d0a, section);
    Buffer interface;
    put_le16(interface, static_cast<std::uint16_t>(link_type));
    put_le16(interface, 0);
    put_le32(interface, 262144);
    put_le16(interface, 9); // if_tsresol
    put_le16(interface, 1);
    put_le32(interface, 9); // 10^-9 s, padded
    put_le32(interface, 0); // opt_endofopt
    put_block(bytes_, 1, interface);
}

void PcapngFile::add(const Buffer& frame, Time time) {
    Buffer packet;
    put_le32(packet, 0);
    put_le32(packet, static_cast<std::uint32_t>(nanoseconds(time) >> 32));
    put_le32(packet, static_cast<std::uint32_t>(nanoseconds(time)));
    put_le32(packet, static_cast<std::uint32_t>(frame.size()));
    put_le32(packet, static_cast<std::uint32_t>(frame.size()));
    packet.insert(packet.end(), frame.begin(), frame.end());
    put_block(bytes_, 6, packet);
}

std::vector<PcapRecord> read_pcap(const Buffer& file, std::uint32_t* link_type) {
    const std::uint32_t magic = load_le32(file, 0);
    if (magic != nanosecond_magic && magic != microsecond_magic)
        throw std::runtime_error("not a pcap file");
    if (link_type != nullptr)
        *link_type = load_le32(file, 20);
    std::vector<PcapRecord> records;
    for (std::size_t at = 24; at < file.size();) {
        PcapRecord record;
        const Duration fraction(std::int64_t{load_le32(file, at + 4)} *
                                (magic == nanosecond_magic ? 1 : 1000));
        record.time = Time(std::chrono::seconds(load_le32(file, at)) + fraction);
        const std::size_t captured = load_le32(file, at + 8);
        record.original_size = load_le32(file, at + 12);
        at += 16;
        if (file.size() - at < captured)
            throw std::runtime_error("a pcap record goes past the end");
        const auto begin = file.begin() + static_cast<std::ptrdiff_t>(at);
        record.frame.assign(begin, begin + static_cast<std::ptrdiff_t>(captured));
        at += captured;
        records.push_back(std::move(record));
    }
    return records;
}

void write_file(const std::filesystem::path& path, const Buffer& bytes) {
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush())
        throw std::runtime_error("cannot write " + path.string());
}

Buffer read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return Buffer(std::istreambuf_iterator<char>(in), {});
}

TemporaryDirectory::TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "nfsieve-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
        throw std::runtime_error("cannot make a temporary directory");
    path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

} // namespace nfsieve::test
