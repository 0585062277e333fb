// SPDX-License-Identifier: GPL-2.0-or-later
// The replay source: pcap and pcapng files, read and written by libpcap.
#pragma once

#include "nfsieve/io/packet_source.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace nfsieve {

/// Whether wrong checksums in a capture mean that a receiver threw the packet away.
enum class ChecksumMode : std::uint8_t {
    /// Verify only where a wrong checksum cannot be an offload's leftover: it is neither the sum of the
    /// pseudo
    /// header (Linux's send offload, merged receives) nor from a sender of which no right one was seen yet.
    automatic,
    verify, ///< every whole packet
    ignore,
};

struct CaptureConfig {
    std::filesystem::path file;
    std::optional<std::filesystem::path> passed; ///< where accepted frames are written, unchanged
    ChecksumMode checksums = ChecksumMode::automatic;
    bool ignore_vlans = false; ///< connections on different VLANs are told by their ends alone
};

/// Totals of a replay, valid after run(). They add up where it is called again.
struct CaptureTotals {
    std::uint64_t frames = 0; ///< in the file
    std::uint64_t bytes = 0;  ///< captured bytes of these
    std::uint64_t not_ip = 0; ///< frames without IP: passed, never judged
    std::uint64_t accepted = 0, dropped = 0;

    CaptureTotals& operator+=(const CaptureTotals& other);
};

class CaptureSource : public PacketSource {
public:
    [[nodiscard]] virtual const CaptureTotals& totals() const = 0;
};

/// Opens a capture. Errors name the file and what is wrong with it (not a capture, link type not known,
/// empty). A capture that ends in the middle of a packet is an error of run() after all whole packets were
/// judged.
[[nodiscard]] Result<std::unique_ptr<CaptureSource>> open_capture(const CaptureConfig& config);

/// Reads a whole capture into memory, once for each of `copies` threads (a source belongs to one). Each run()
/// of such a source hands over all packets again, with the same times; it reads nothing and copies nothing,
/// and what the checksums mean was found out before. `config.passed` is not looked at. Errors are those of
/// open_capture() and of its run(): a capture that ends in the middle of a packet is none to measure with.
/// Takes as many times the capture's size as there are copies.
[[nodiscard]] Result<std::vector<std::unique_ptr<CaptureSource>>> load_capture(const CaptureConfig& config,
                                                                               std::size_t copies);

} // namespace nfsieve
