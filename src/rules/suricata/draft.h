// SPDX-License-Identifier: GPL-2.0-or-later
// A rule while its options are read.
#pragma once

#include "nfsieve/rules/rule_error.h"
#include "nfsieve/rules/signature.h"
#include "option.h"
#include "rule_text.h"

#include <optional>
#include <string>
#include <vector>

namespace nfsieve::suricata {

/// A check, and where it stood in the rule.
struct DraftCheck {
    Check check;
    std::size_t at = 0;
    std::vector<DraftCheck> inside; ///< of base64_data; moved into the Base64Check at the end
};

struct DraftBuffer {
    BufferView view;
    std::vector<DraftCheck> checks;
    std::size_t at = 0;
};

/// Something that only one direction, or only packets, can have.
struct Demand {
    std::string keyword;
    std::size_t at = 0;
};

/// The rule's parts as far as they are known, and the complaints about it. Keyword handlers write here.
/// Borrows the text. One thread.
class Draft {
public:
    Draft(const RuleText& text, const std::string& file, std::vector<RuleError>& errors)
        : text_(text), file_(file), errors_(errors) {}

    SignatureSpec spec;
    std::string id; ///< the sid as it stands, for complaints
    bool has_sid = false, has_flow = false, wants_alert = false;
    bool unclear = false; ///< a refused keyword hides which buffer later checks are about
    std::optional<std::uint32_t> priority;
    std::string set_aside;                  ///< the reason why the rule is none of ours, empty where it is
    std::vector<Demand> to_client, packets; ///< keywords that hold only there
    std::vector<Demand> of_http, of_tls;    ///< keywords without a buffer that name the protocol
    std::vector<DraftBuffer> buffers;

    /// "keyword: message", at the option's value where it has one.
    void complain(const Option& option, const std::string& message);
    /// The same at any place of the rule.
    void complain_at(std::size_t at, const std::string& message);
    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] Place place(std::size_t at) const { return text_.place(file_, at); }

    // --- buffers (draft_buffers.cc)

    /// Where a check goes that stands under no sticky buffer.
    enum class Otherwise : std::uint8_t { payload, last_match };

    /// Opens a sticky buffer; without one the payload is looked at.
    void open(const Option& option, std::optional<Buffer> buffer);
    /// The open sticky buffer, to add a transform to it; null, and a complaint, where there is none or it is
    /// too late.
    [[nodiscard]] BufferView* open_view(const Option& option);
    [[nodiscard]] bool sticky() const { return open_.has_value() || base64_.has_value(); }
    /// Which buffer is open, payload where none is.
    [[nodiscard]] BufferView current_view() const;
    /// Base64's decoded bytes are looked at from here on. False where there is no base64_decode.
    [[nodiscard]] bool open_base64();
    /// Complains where a sticky buffer has been opened in vain.
    void close_sticky();

    void add(const Option& option, Check check, Otherwise otherwise);
    /// Adds to the one BufferChecks of this view, whatever is open. `match`: relative keywords may follow it.
    void add_to(const BufferView& view, const Option& option, Check check, bool match);
    /// The content that modifiers are about; null, and a complaint, where there is none.
    [[nodiscard]] ContentCheck* last_content(const Option& option);
    /// Moves the last content from the payload to a buffer.
    void move_last_content(const Option& option, Buffer buffer);

    // --- variables (draft_values.cc)

    /// A number, or a variable that was set before. Complains and is empty where it is neither or out of
    /// range.
    [[nodiscard]] std::optional<Operand> operand(const Option& option, const Piece& piece, std::int64_t least,
                                                 std::int64_t most);
    /// The variable of this name, a new one where there is none.
    [[nodiscard]] std::uint32_t variable(std::string_view name);

    // --- the end (draft_finish.cc)

    /// Checks the rule as a whole and moves the parts into `spec`.
    void finish();

private:
    struct Open {
        BufferView view;
        std::size_t at;
        std::string keyword;
        std::optional<std::size_t> index; ///< among `buffers`, once it has a check
    };
    struct ContentPlace {
        std::size_t buffer, check;
        std::optional<std::size_t> inside;
    };
    [[nodiscard]] std::size_t find_or_add(const BufferView& view, std::size_t at, bool always_new);
    [[nodiscard]] DraftBuffer& target(const Option& option, Otherwise otherwise);

    void finish_buffers();
    void finish_protocol();
    void finish_direction();
    void finish_packets();
    void check_lengths(const DraftBuffer& buffer, const std::vector<DraftCheck>& checks);
    void check_variables(const std::vector<DraftCheck>& checks, std::vector<bool>& known);
    void check_dsize();

    const RuleText& text_;
    const std::string& file_;
    std::vector<RuleError>& errors_;
    bool failed_ = false;
    std::optional<Open> open_;
    std::optional<ContentPlace> base64_; ///< whose `inside` is being filled
    std::optional<ContentPlace> last_base64_;
    std::optional<ContentPlace> last_content_;
    std::optional<std::size_t> last_buffer_; ///< where the last check went
};

} // namespace nfsieve::suricata
