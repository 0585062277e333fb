// SPDX-License-Identifier: GPL-2.0-or-later
// HTTP/1 (RFC 9112) on libhtp, as a receiver and an IDS read it. Bytes go in, pieces cut by the message alone
// go to libhtp, its hooks come back here.
#pragma once

#include "config.h"
#include "transaction.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace nfsieve::http {

class HttpParser final : public AppParser {
public:
    /// Both outlive it. `config`: as make_config() makes it; it may be shared, also one that is null.
    HttpParser(const AppParserLimits& limits, htp_cfg_t* config);

    [[nodiscard]] AppProtocol protocol() const override { return AppProtocol::http; }
    [[nodiscard]] Outcome feed(Side sender, Bytes bytes, TransactionListener& listener) override;
    [[nodiscard]] Outcome finish(Side sender, TransactionListener& listener) override;
    void mute(Side sender, TransactionListener& listener) override;
    [[nodiscard]] std::vector<std::uint8_t> take_rest(Side sender) override;
    [[nodiscard]] std::size_t consumed() const override;
    [[nodiscard]] std::size_t memory() const override;

    // The hooks, while libhtp runs. Each returns what libhtp is to be told.
    void logged(std::string_view message);
    int began(htp_tx_t& tx, bool asked);
    int request_line(htp_tx_t& tx);
    int response_line(htp_tx_t& tx);
    int headers(htp_tx_t& tx, Side sender);
    int raw_headers(const htp_tx_data_t& data, Side sender);
    int body(const htp_tx_data_t& data, Side sender);
    int trailer(htp_tx_t& tx, Side sender);
    int completed(htp_tx_t& tx, Side sender);

private:
    /// What the next bytes of a direction are.
    enum class Next : std::uint8_t {
        line,
        status_line,
        old_answer,
        headers,
        chunk_length,
        chunk_end,
        content,
        rest
    };
    enum class Chunk : std::uint8_t { length, content, end };

    struct Half {
        std::string pending; ///< seen, and not cut yet
        std::uint64_t chunk_left = 0;
        Chunk chunk = Chunk::length;
        std::size_t head = 0; ///< bytes of lines of this message so far
        bool waits = false;   ///< libhtp wants to see the other direction first
        bool closed = false;
        bool muted = false; ///< it goes on unheard
    };

    [[nodiscard]] Half& half(Side side) { return halves_[index(side)]; }
    [[nodiscard]] htp_tx_t* current(Side sender) const;
    [[nodiscard]] Next next(Side sender) const;
    [[nodiscard]] std::uint64_t content_left(Side sender) const;
    [[nodiscard]] std::size_t cut(Side sender, Next what, std::string_view pending) const;
    /// The transaction that the next response answers.
    [[nodiscard]] HttpTransaction* unanswered() const;

    [[nodiscard]] bool keeps_rest() const {
        return outcome_ == Outcome::going || outcome_ == Outcome::tunnel;
    }
    void take(Side sender, Bytes bytes);
    void take_pending(Side sender);
    void check_pending(Side sender);
    void resume(Side sender);
    void complete_request_line();
    bool give(Side sender, Next what, Bytes piece);
    [[nodiscard]] bool masks_headers() const;
    void end_before_tunnel();
    void decide_old(Bytes answer);
    void note_chunk(Side sender, Next what, std::string_view piece);
    void close(Side sender);
    void end_all(Side sender);
    void settle();
    void forget_log();
    [[nodiscard]] bool is_idle() const;
    void restart_when_idle();

    [[nodiscard]] HttpTransaction* transaction(const htp_tx_t& tx) const;
    void advance(HttpTransaction& transaction, Side sender, Stage reached);
    void end(HttpTransaction& transaction, Side sender);
    void end_unheard(HttpTransaction& transaction, Side sender);
    void begin_body(HttpTransaction& transaction, Side sender);
    void flush_bodies();
    [[nodiscard]] Body::Growth growth(HttpTransaction& transaction, Side sender);
    void report(HttpTransaction* transaction, Side sender, std::string_view name);
    int fail();
    void fail_too_long(Side sender);
    int answer() const { return outcome_ == Outcome::failed ? HTP_ERROR : HTP_OK; }

    const AppParserLimits& limits_;
    htp_cfg_t* const config_;
    Connection connection_; ///< before live_: its transactions are borrowed there, and not touched at the end
    std::array<Half, 2> halves_;
    std::vector<std::unique_ptr<HttpTransaction>> live_;
    std::unique_ptr<Body> last_body_; ///< of the last response, until the next begins
    std::uint64_t next_id_ = 0;
    std::size_t since_restart_ = 0; ///< transactions of this libhtp connection
    Outcome outcome_ = Outcome::going;
    bool ignores_rest_ = false; ///< behind an HTTP/0.9 request nothing counts

    // Of the call that is under way.
    TransactionListener* listener_ = nullptr;
    Side feeding_ = Side::client; ///< whose bytes were fed
    Side running_ = Side::client; ///< whose bytes libhtp reads
    std::size_t fed_ = 0;         ///< bytes of this call
    std::size_t given_ = 0;       ///< of those, what libhtp has been given and is done with
    Bytes piece_;
    std::size_t read_ = 0;      ///< bytes of the last piece that are done with
    std::size_t piece_end_ = 0; ///< given_ once the piece is done
};

} // namespace nfsieve::http
