// SPDX-License-Identifier: GPL-2.0-or-later
// A model of Linux's TCP receiver: what its application reads is what an attack is measured by. evasion_real
// holds it against the kernel's own.
#pragma once

#include "reassembly.h"

#include <optional>
#include <string>
#include <vector>

namespace nfsieve::evasion {

/// Where receivers differ, or where Linux's choice depends on memory and not on the wire.
struct ReceiverTraits {
    bool listens = true; ///< a server; else a client that has sent its SYN
    Merging merging = Merging::none;
    bool old_ack_passes =
        false;              ///< header prediction takes in-order data without a look at an old ACK number
    bool checks_md5 = true; ///< CONFIG_TCP_MD5SIG: segments with an unexpected signature are thrown away
    bool checks_echo =
        true; ///< Linux 6.14: the handshake's last ACK echoes a timestamp of a SYN|ACK, or is refused
    std::uint32_t isn = 1;        ///< of its first connection
    std::uint32_t clock = 100000; ///< its timestamp clock
    std::uint16_t window = 64240; ///< bytes it offers, from the last byte it has acknowledged
};

/// What it sends. Payloads are empty.
using Replies = std::vector<WireSegment>;

/// One end of one address pair: on the same ports one connection may follow another. Its application sends
/// nothing, reads at once, and closes when the stream has ended.
class ModelReceiver {
public:
    explicit ModelReceiver(const ReceiverTraits& traits) : traits_(traits), isn_(traits.isn) {}

    /// A client's SYN.
    void connect(Replies& replies);
    void take(const WireSegment& segment, Replies& replies);
    /// What its retransmission timer sends: SYN, SYN|ACK or FIN that are not acknowledged.
    void retransmit(Replies& replies);
    /// What it does after minutes of that: forgets a request and a connection that only waits for its last
    /// ACK.
    void give_up();

    /// What each connection's application read, in the order they were opened.
    [[nodiscard]] const std::vector<std::string>& read();
    /// The last connection's stream has come to its end.
    [[nodiscard]] bool ended() const { return reassembly_ && reassembly_->ended(); }
    /// Bytes in order of the connection that is open.
    [[nodiscard]] std::size_t in_order() const { return reassembly_ ? reassembly_->text().size() : 0; }
    [[nodiscard]] const char* state() const;

private:
    enum class State : std::uint8_t { listen, syn_received, syn_sent, established, closed };

    void take_in_listen(const WireSegment& segment, Replies& replies);
    void take_in_syn_received(const WireSegment& segment, Replies& replies);
    void take_in_syn_sent(const WireSegment& segment, Replies& replies);
    void take_established(const WireSegment& segment, Replies& replies);
    bool acceptable(const WireSegment& segment, Replies& replies);
    bool acknowledges(const WireSegment& segment, Replies& replies);
    void open();
    void end();
    void note_timestamp(const WireSegment& segment);
    void reply(std::uint8_t flags, Replies& replies);
    void reset(const WireSegment& segment, Replies& replies) const;
    void agree(const WireSegment& syn);

    ReceiverTraits traits_;
    State state_ = State::listen;
    std::uint32_t isn_;
    std::uint32_t peer_isn_ = 0;
    std::uint32_t next_ = 0;                         ///< expected from the peer while there is no stream yet
    std::uint32_t acknowledged_ = 0;                 ///< SND.UNA
    std::uint32_t sent_ = 0;                         ///< SND.NXT
    std::uint32_t recent_ = 0;                       ///< TS.Recent
    std::uint32_t first_clock_ = 0, last_clock_ = 0; ///< timestamps of its SYN|ACKs
    bool timestamps_ = false, sack_ = false, scales_ = false;
    bool fin_sent_ = false;
    bool crossed_ = false; ///< simultaneous open
    std::optional<Reassembly> reassembly_;
    std::vector<std::string> read_;
};

} // namespace nfsieve::evasion
