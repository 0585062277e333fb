// SPDX-License-Identifier: GPL-2.0-or-later
// The answers to the kernel, and the packets that wait for theirs.
#pragma once

#include "nfsieve/base/bytes.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace nfsieve {

/// Verdict messages of one queue, collected to be sent at once. Without NLM_F_ACK: the kernel answers
/// refusals alone.
class VerdictBatch {
public:
    /// Room for `expected` verdicts is made at once; more than these allocate.
    VerdictBatch(std::uint16_t queue, std::size_t expected);

    /// NF_DROP.
    void drop(std::uint32_t packet_id);
    /// NF_REPEAT: the hook that queued the packet is run with it once more; `mark` replaces its whole mark.
    void repeat(std::uint32_t packet_id, std::uint32_t mark);
    /// NF_ACCEPT; `mark` replaces the packet's whole mark.
    void accept(std::uint32_t packet_id, std::optional<std::uint32_t> mark);

    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] Bytes bytes() const { return bytes_; }
    void clear();

private:
    void add(std::uint32_t packet_id, std::uint32_t verdict, std::optional<std::uint32_t> mark);

    std::uint16_t queue_;
    std::size_t count_ = 0;
    std::vector<std::uint8_t> bytes_;
};

/// A packet that the kernel holds for us. One that nobody decides is dropped when it goes: none can be
/// forgotten, and none can be decided twice.
class PendingPacket {
public:
    /// The verdict goes into `verdicts`, which outlives the packet.
    PendingPacket(VerdictBatch& verdicts, std::uint32_t packet_id)
        : verdicts_(&verdicts), packet_id_(packet_id) {}
    PendingPacket(PendingPacket&& other) noexcept
        : verdicts_(std::exchange(other.verdicts_, nullptr)), packet_id_(other.packet_id_) {}
    PendingPacket(const PendingPacket&) = delete;
    PendingPacket& operator=(const PendingPacket&) = delete;
    PendingPacket& operator=(PendingPacket&&) = delete;
    ~PendingPacket() {
        if (verdicts_ != nullptr)
            verdicts_->drop(packet_id_);
    }

    void accept(std::optional<std::uint32_t> mark = std::nullopt) && {
        if (VerdictBatch* const verdicts = std::exchange(verdicts_, nullptr))
            verdicts->accept(packet_id_, mark);
    }
    void repeat(std::uint32_t mark) && {
        if (VerdictBatch* const verdicts = std::exchange(verdicts_, nullptr))
            verdicts->repeat(packet_id_, mark);
    }

private:
    VerdictBatch* verdicts_;
    std::uint32_t packet_id_;
};

} // namespace nfsieve
