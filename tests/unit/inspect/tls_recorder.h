// SPDX-License-Identifier: GPL-2.0-or-later
// Hears what a TLS parser says.
#pragma once

#include "nfsieve/inspect/app_parsers.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nfsieve::test {

/// Writes down each call, with the position in the sender's stream at which it came.
class Recorder final : public TransactionListener {
public:
    explicit Recorder(const AppParserLimits& limits = {})
        : parsers_(limits), parser_(parsers_.make(AppProtocol::tls)) {}

    AppParser::Outcome feed(Side sender, std::string_view bytes);
    AppParser::Outcome finish(Side sender);
    /// A buffer as it stood when it was last announced; "(none)" where there was none.
    [[nodiscard]] std::string last(Side sender, Buffer buffer, std::size_t instance = 0) const;
    [[nodiscard]] const std::vector<std::string>& calls() const { return calls_; }
    [[nodiscard]] bool heard(std::string_view call) const;
    [[nodiscard]] AppParser& parser() { return *parser_; }

    void on_stage(Transaction& transaction, Side sender, Stage reached) override;
    void on_body(Transaction& transaction, Side sender, std::size_t fresh) override;
    void on_event(Transaction* transaction, Side sender, std::string_view name) override;
    void on_end(Transaction& transaction) override;

private:
    void note(std::string call);

    AppParsers parsers_;
    std::unique_ptr<AppParser> parser_;
    Side feeding_ = Side::client;
    std::uint64_t fed_[2] = {0, 0};
    std::vector<std::string> calls_;
    std::vector<std::string> buffers_; ///< "client tls.sni 0 = name"
};

} // namespace nfsieve::test
