"""Nothing is said in one language only."""

from babel.messages.catalog import Catalog

from passage.ui import catalogue


def test_every_sentence_has_its_french_and_polish_answer_and_no_catalogue_is_behind():
    assert catalogue.check() == []


def faults_of(answer, message="{rule}: {points}.", language="fr"):
    book = Catalog(locale=language)
    added = book.add(message, answer)
    return list(catalogue._faults(added, language))


def test_a_missing_answer_is_caught():
    assert faults_of("") == ["no answer to '{rule}: {points}.'"]


def test_an_answer_that_loses_a_number_is_caught():
    assert faults_of("{rule} !") == ["the answer to '{rule}: {points}.' does not keep its placeholders"]


def test_a_missing_plural_form_is_caught():
    assert faults_of(("punkt", "", ""), message=("point", "points"), language="pl") == ["no answer to 'point'"]


def test_the_english_catalogue_may_stay_empty():
    assert faults_of("", language="en") == []


def test_sentences_in_templates_are_found():
    assert "Skip to the content" in catalogue.sources()
