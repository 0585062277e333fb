// SPDX-License-Identifier: GPL-2.0-or-later
// A server that believes what it is sent: it takes every byte within its window, with or without ACK, and
// lets the first or the newest copy of a byte win, as it was made. What it must never read whole is SECRET.
#pragma once

#include "nfsieve/packet/decode.h"
#include "packets.h"

#include <map>
#include <string>

namespace nfsieve::fuzz {

class NaiveReceiver {
public:
    static constexpr std::uint32_t window = 65535;

    /// `newest_wins`: of two copies of a byte that has not been read yet.
    NaiveReceiver(std::uint16_t client_port, bool newest_wins)
        : port_(client_port), newest_wins_(newest_wins) {}

    /// A segment from the client that was let through and not lost.
    void take(const Segment& segment) {
        const bool syn = segment.has(tcp_flag::syn);
        if (!open_) {
            if (syn && !segment.has(tcp_flag::ack) && !segment.has(tcp_flag::rst) &&
                !segment.has(tcp_flag::fin))
                open(segment.sequence);
            return;
        }
        // A second SYN is answered with an ACK (RFC 5961 section 4). Before the SYN|ACK went out nobody can
        // know the number that every other segment has to acknowledge.
        if (syn || !answered_)
            return;
        established_ = true;
        if (segment.has(tcp_flag::rst)) {
            open_ = segment.sequence != next_; // RFC 5961 section 3
            return;
        }
        for (std::uint32_t i = 0; i < segment.payload.size(); ++i)
            take(segment.sequence + i, segment.payload[i]);
        if (segment.has(tcp_flag::fin) && segment.sequence + segment.payload_length - next_ < window)
            fin_.emplace(segment.sequence + segment.payload_length, true);
        read();
    }

    /// A connection was begun, and what it says of it is a SYN|ACK, again until the handshake is complete.
    [[nodiscard]] bool handshaking() const { return open_ && !established_; }
    /// The SYN|ACK went out: it may acknowledge, and send.
    [[nodiscard]] bool speaks() const { return open_ && answered_; }
    /// Its SYN|ACK was let through.
    void note_answered() { answered_ = true; }
    /// What the application has read on this connection.
    [[nodiscard]] const std::string& text() const { return text_; }
    /// Where the stream stands.
    [[nodiscard]] std::uint32_t next() const { return next_; }

    [[nodiscard]] test::TcpPacket syn_ack() const { return packet("SA", isn_, first_); }
    /// Says how far it has read; `behind` bytes less where it speaks late.
    [[nodiscard]] test::TcpPacket ack(std::uint32_t behind) const {
        const std::uint32_t read = next_ - first_;
        return packet("A", isn_ + 1 + sent_, next_ - std::min(behind, read));
    }
    [[nodiscard]] test::TcpPacket data(std::string payload) {
        test::TcpPacket made = packet("PA", isn_ + 1 + sent_, next_);
        sent_ += static_cast<std::uint32_t>(payload.size());
        made.payload = std::move(payload);
        return made;
    }

private:
    void open(std::uint32_t sequence) {
        open_ = true;
        answered_ = established_ = false;
        first_ = next_ = sequence + 1;
        isn_ += 100'000;
        sent_ = 0;
        text_.clear();
        ahead_.clear();
        fin_.clear();
    }
    void take(std::uint32_t sequence, std::uint8_t byte) {
        if (sequence - next_ >= window)
            return;
        if (newest_wins_)
            ahead_.insert_or_assign(sequence, byte);
        else
            ahead_.emplace(sequence, byte);
    }
    void read() {
        for (auto found = ahead_.find(next_); found != ahead_.end() && !fin_.contains(next_);
             found = ahead_.find(next_)) {
            text_ += static_cast<char>(found->second);
            ahead_.erase(found);
            ++next_;
        }
        if (fin_.contains(next_))
            open_ = false;
    }
    [[nodiscard]] test::TcpPacket packet(const char* letters, std::uint32_t sequence,
                                         std::uint32_t acknowledgment) const {
        test::TcpPacket made;
        std::swap(made.source, made.destination);
        made.source_port = 80;
        made.destination_port = port_;
        made.flags = test::flags(letters);
        made.sequence = sequence;
        made.acknowledgment = acknowledgment;
        return made;
    }

    std::uint16_t port_;
    bool newest_wins_;
    bool open_ = false, answered_ = false, established_ = false;
    std::uint32_t first_ = 0, next_ = 0;  ///< of the client's stream
    std::uint32_t isn_ = 5000, sent_ = 0; ///< of the server's
    std::map<std::uint32_t, std::uint8_t> ahead_;
    std::map<std::uint32_t, bool> fin_;
    std::string text_;
};

} // namespace nfsieve::fuzz
