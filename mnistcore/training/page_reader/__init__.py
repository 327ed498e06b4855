"""Train what finds digits on paper (`page/reader.py`), on bits of paper that `data/scenes/` puts together.

    python -m mnistcore.training.page_reader --data mnist.npz --hands unipen_digits.jsonl.gz unipen_letters.jsonl.gz

    1. sliding    a network tells which digit stands in the middle of a window. From the fifth epoch on it is shown
                  what an earlier epoch's network wrongly takes for a digit (Sung & Poggio 1998, "Example-based learning
                  for view-based human face detection": bootstrapping)
    2. cascade    two small networks learn which windows are not worth its look
    3. context    a second network learns from the first one's verdicts all around a window
    4. closeup    a third one learns which digit a digit is
    5. doubtful   a logistic regression tells what is found among others on paper from anything else
    6. shares     how much these three and `robust`, which reads each digit alone, count for the answer
    7. lone       a logistic regression tells a digit that is found alone from a letter
    8. number     another one tells a drawn number from a drawing of one digit or of something else

MNIST's last 5,000 training digits and the writers who are kept for validation play no part in 1-4 and 8; 5 to 7 are
fitted on them.
"""
