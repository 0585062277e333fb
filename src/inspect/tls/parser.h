// SPDX-License-Identifier: GPL-2.0-or-later
// Follows a TLS handshake for as long as it is in the clear, and then the records until both ends encrypt.
#pragma once

#include "message_reader.h"
#include "nfsieve/inspect/app_parser.h"
#include "nfsieve/inspect/limits.h"
#include "record_reader.h"
#include "transaction.h"

#include <array>
#include <vector>

namespace nfsieve::tls {

/// When a direction's part is over depends on what the other end has chosen, see the .cc. A failure calls
/// neither on_stage() nor on_end(): the transaction is just not spoken of any more.
class TlsParser final : public AppParser {
public:
    explicit TlsParser(const AppParserLimits& limits);

    [[nodiscard]] AppProtocol protocol() const override { return AppProtocol::tls; }
    [[nodiscard]] Outcome feed(Side sender, Bytes bytes, TransactionListener& listener) override;
    [[nodiscard]] Outcome finish(Side sender, TransactionListener& listener) override;
    [[nodiscard]] std::size_t consumed() const override { return consumed_; }
    [[nodiscard]] std::size_t memory() const override;

private:
    struct Direction {
        Direction(Side sender, std::size_t limit) : messages(sender, limit) {}

        RecordReader records;
        MessageReader messages;
        EventSet reported;  ///< each is told once
        bool begun = false; ///< there was a byte
        bool over = false;
        bool encrypted_early = false;    ///< a client may have begun to encrypt, or may say hello again
        bool encrypts = false;           ///< it has sent application data behind the server's choice
        bool odd = false;                ///< behind its handshake came what is no record
        std::vector<std::uint8_t> sslv2; ///< a record that is not complete, with its length
        std::array<std::uint8_t, 3> heartbeat{};
        std::size_t heartbeat_size = 0;
    };

    [[nodiscard]] Direction& direction(Side side) { return directions_[index(side)]; }
    /// The server has chosen, and does not ask for another hello.
    [[nodiscard]] bool settled() const;
    [[nodiscard]] bool speaks_sslv2() const;

    [[nodiscard]] bool follows() const { return outcome_ == Outcome::going || outcome_ == Outcome::watching; }
    void step(Side sender, Bytes rest, TransactionListener& listener);
    void watch(Side sender, Bytes rest);
    void note_application_data(Side sender);
    [[nodiscard]] Outcome outcome_behind_handshake();
    void on_record(Side sender, TransactionListener& listener);
    void on_encryption(Side sender, bool application_data, TransactionListener& listener);
    void on_handshake(Side sender, Bytes body, TransactionListener& listener);
    void on_message_begun(Side sender, TransactionListener& listener);
    void on_message(Side sender, TransactionListener& listener);
    void on_hello(Side sender, std::vector<std::uint8_t>&& message, bool sslv2_format,
                  TransactionListener& listener);
    void on_heartbeat(Side sender, Bytes body, TransactionListener& listener);
    void on_sslv2(Side sender, Bytes rest, TransactionListener& listener);

    void report(Side sender, TlsEvent event, TransactionListener& listener);
    void report(Side sender, const EventSet& events, TransactionListener& listener);
    void fail(Side sender, TlsEvent event, TransactionListener& listener);
    void reach(Side sender, Stage stage, TransactionListener& listener);
    void end(Side side, TransactionListener& listener);
    [[nodiscard]] Outcome outcome();

    const AppParserLimits& limits_;
    std::array<Direction, 2> directions_;
    HandshakeTransaction transaction_;
    std::size_t consumed_ = 0;
    Outcome outcome_ = Outcome::going;
};

} // namespace nfsieve::tls
